package org.lfm4j.server.http;

/** A request that is answered with an error: the status, and the words the client gets. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String type;
  private final String param;

  private ApiException(int status, String type, String param, String message) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
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

  /** Returns the error's type in vLLM's words. */
  public String type() {
    return type;
  }

  /** Returns the field at fault; empty if there is none. */
  public String param() {
    return param;
  }
}
