package org.lfm4j.server.edge;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import org.lfm4j.server.auth.Authentication;
import org.lfm4j.server.auth.Tenant;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.ClientConnection;
import org.lfm4j.server.http.EventOutput;
import org.lfm4j.server.http.OpenPaths;
import org.lfm4j.server.http.RequestLimits;
import org.lfm4j.server.http.RequestScope;
import org.lfm4j.server.trace.Tracing;
import tools.jackson.databind.node.ObjectNode;

/**
 * What stands around every endpoint: the request gets its id and its scope, is let in or refused,
 * and is logged and traced once it is answered. Errors that endpoints throw become answers here.
 */
public final class Edge implements Handler {
  private static final System.Logger LOG = System.getLogger(Edge.class.getName());

  private static final int CLIENT_GONE = 499;

  private final Handler endpoints;
  private final ErrorBodies errors;
  private final Observer observer;
  private final Settings settings;
  private final InFlight inFlight;

  /**
   * What requests have to meet.
   *
   * @param keepAlive how long a stream may be silent before it gets a comment; zero for ever
   * @param rootPath what paths may begin with besides, like {@code /llm}; empty for nothing
   */
  public record Settings(
      RequestLimits limits,
      Duration keepAlive,
      Authentication authentication,
      Cors cors,
      AccessLog accessLog,
      Tracing tracing,
      String rootPath) {}

  /** What the clients of a path know as the body of an error. */
  @FunctionalInterface
  public interface ErrorBodies {
    ObjectNode of(String path, ApiException error);
  }

  /** Told of every answer. */
  @FunctionalInterface
  public interface Observer {
    /**
     * A request was answered, or its client went away (499).
     *
     * @param begun {@link System#nanoTime} when it came
     */
    void answered(String path, String method, int status, long begun);
  }

  public Edge(
      Handler endpoints,
      ErrorBodies errors,
      Observer observer,
      Settings settings,
      InFlight inFlight) {
    this.endpoints = endpoints;
    this.errors = errors;
    this.observer = observer;
    this.settings = settings;
    this.inFlight = inFlight;
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) throws Exception {
    RequestScope scope =
        new RequestScope(RequestIds.of(request), settings.limits(), settings.keepAlive());
    response.header(RequestIds.HEADER, scope.id());
    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      ClientConnection.CURRENT.get().closeAfterAnswer();
    }
    if (!request.content().hasEntity()) {
      ClientConnection.CURRENT.get().received();
    }
    int status = CLIENT_GONE;
    Tracing.Span span = settings.tracing().start(request, scope);
    try {
      ScopedValue.where(RequestScope.CURRENT, scope)
          .call(() -> {
            answer(request, response, scope);
            return true;
          });
      status = response.status().code();
    } catch (RequestException e) {
      status = e.status().code();
      throw e;
    } catch (HttpException e) {
      status = e.status().code();
      throw e;
    } catch (CloseConnectionException e) {
      throw e;
    } catch (RuntimeException e) {
      status = Status.INTERNAL_SERVER_ERROR_500.code();
      throw e;
    } finally {
      if (request.content().consumed()) {
        ClientConnection.CURRENT.get().received();
      }
      scope.end();
      observer.answered(
          request.path().path(), request.prologue().method().text(), status, scope.startedNanos());
      long nanos = System.nanoTime() - scope.startedNanos();
      span.end(scope, status);
      settings
          .accessLog()
          .write(
              new AccessLog.Entry(
                  address(request),
                  request.prologue().method().text(),
                  target(request),
                  status,
                  nanos),
              scope);
    }
  }

  /** Answers a request, or throws if its connection is to be closed. */
  private void answer(ServerRequest request, ServerResponse response, RequestScope scope)
      throws Exception {
    try {
      admit(request, response, scope);
    } catch (ApiException e) {
      refuse(request, response, e);
    } catch (CloseConnectionException | RequestException | HttpException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "Request " + scope.id() + " failed unexpectedly", e);
      if (response.isSent() || scope.events().filter(EventOutput::endUnlessCommitted).isPresent()) {
        throw e;
      }
      refuse(
          request,
          response,
          ApiException.internal(
              "Internal error: the server's log has more under request " + scope.id() + "."));
    }
  }

  private void refuse(ServerRequest request, ServerResponse response, ApiException error) {
    if (error.status() == 401) {
      response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    Answer.error(request, response, error, errors.of(request.path().path(), error));
  }

  private void admit(ServerRequest request, ServerResponse response, RequestScope scope)
      throws Exception {
    int headers = request.headers().size();
    if (headers > settings.limits().headerCount()) {
      throw ApiException.headersTooLarge(
          "The request has %d headers; this server takes %d (--max-header-count)."
              .formatted(headers, settings.limits().headerCount()));
    }
    if (settings.cors().apply(request, response)) {
      response.status(Status.NO_CONTENT_204).send();
      return;
    }
    String path = path(request);
    Optional<Tenant> tenant = settings.authentication().check(request, path);
    tenant.ifPresent(owner -> introduce(owner, response, scope));
    if (isStatus(path)) {
      call(tenant, request, response);
      return;
    }
    if (!inFlight.enter()) {
      response.header(HeaderValues.CONNECTION_CLOSE);
      ClientConnection.CURRENT.get().closeAfterAnswer();
      throw ApiException.unavailable("The server is shutting down: send the request again.");
    }
    try {
      call(tenant, request, response);
    } finally {
      inFlight.leave();
    }
  }

  /** What is still answered while the server stops, and doesn't hold it up. */
  private static boolean isStatus(String path) {
    return OpenPaths.ALL.contains(path) || path.equals("/metrics");
  }

  private static void introduce(Tenant tenant, ServerResponse response, RequestScope scope) {
    scope.caller(tenant.name());
    tenant.takeRequest();
    tenant
        .requestLimit()
        .ifPresent(limit -> {
          response.header("X-RateLimit-Limit-Requests", Integer.toString(limit));
          response.header(
              "X-RateLimit-Remaining-Requests",
              Integer.toString(tenant.requestsLeft().orElse(limit)));
        });
  }

  private void call(Optional<Tenant> tenant, ServerRequest request, ServerResponse response)
      throws Exception {
    if (tenant.isEmpty()) {
      endpoints.handle(request, response);
      return;
    }
    ScopedValue.where(Tenant.CURRENT, tenant.get())
        .call(() -> {
          endpoints.handle(request, response);
          return true;
        });
  }

  private String path(ServerRequest request) {
    return RootPath.strip(settings.rootPath(), request.path().path());
  }

  /** Not the peer's name, which may take a slow look-up. */
  private static String address(ServerRequest request) {
    return request.remotePeer().address() instanceof InetSocketAddress peer
            && peer.getAddress() != null
        ? peer.getAddress().getHostAddress()
        : "unknown";
  }

  private static String target(ServerRequest request) {
    String path = request.path().rawPath();
    String query = request.query().rawValue();
    return query.isEmpty() ? path : path + "?" + query;
  }
}
