package org.lfm4j.server.http;

/** A request that is answered with an error: the status, and the words the client gets. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** When to come back to a server that is busy or not ready. */
  public static final int RETRY_SECONDS = 5;

  private final int status;
  private final String type;
  private final String param;
  private final int retrySeconds;

  private ApiException(int status, String type, String param, String message) {
    this(status, type, param, message, RETRY_SECONDS);
  }

  private ApiException(int status, String type, String param, String message, int retrySeconds) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
    this.retrySeconds = retrySeconds;
  }

  /** A request that can't be served as it is. {@code param} is the field to change. */
  public static ApiException badRequest(String param, String message) {
    return new ApiException(400, "BadRequestError", param, message);
  }

  /** A request with a fault that lies in no single field. */
  public static ApiException badRequest(String message) {
    return badRequest("", message);
  }

  /** Something that doesn't exist here. */
  public static ApiException notFound(String param, String message) {
    return new ApiException(404, "NotFoundError", param, message);
  }

  /** A path that exists, asked with a method it doesn't have. */
  public static ApiException methodNotAllowed(String message) {
    return new ApiException(405, "MethodNotAllowedError", "", message);
  }

  /** A body that isn't declared as JSON. */
  public static ApiException unsupportedMediaType(String message) {
    return new ApiException(415, "UnsupportedMediaTypeError", "", message);
  }

  /** A request without a key, or with one that is not known; the type is OpenAI's. */
  public static ApiException unauthorized(String message) {
    return new ApiException(401, "invalid_request_error", "", message);
  }

  /** A header section with too many lines. */
  public static ApiException headersTooLarge(String message) {
    return new ApiException(431, "BadRequestError", "", message);
  }

  /** A request beyond what its key may send; it may be sent again after some seconds. */
  public static ApiException rateLimited(String message, int retrySeconds) {
    return new ApiException(429, "RateLimitError", "", message, retrySeconds);
  }

  /** A request too many: it may be sent again later. */
  public static ApiException tooManyRequests(String message) {
    return new ApiException(429, "TooManyRequestsError", "", message);
  }

  /** A fault of ours. */
  public static ApiException internal(String message) {
    return new ApiException(500, "InternalServerError", "", message);
  }

  /** A model that isn't ready, or not any more. */
  public static ApiException unavailable(String message) {
    return new ApiException(503, "ServiceUnavailableError", "", message);
  }

  /** Returns the HTTP status. */
  public int status() {
    return status;
  }

  /** Returns after how many seconds the request may be sent again, where that can help. */
  public int retrySeconds() {
    return retrySeconds;
  }

  /** Returns the error's type in vLLM's words. */
  public String type() {
    return type;
  }

  /** Returns the field at fault; empty if there is none. */
  public String param() {
    return param;
  }
}
