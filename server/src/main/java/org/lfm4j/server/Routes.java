package org.lfm4j.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.HttpException;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.lfm4j.server.chat.ChatDialect;
import org.lfm4j.server.chat.ChatPrompts;
import org.lfm4j.server.completions.CompletionDialect;
import org.lfm4j.server.generation.GenerationEndpoint;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.ClientConnection;
import org.lfm4j.server.messages.MessageErrors;
import org.lfm4j.server.messages.MessagesDialect;
import org.lfm4j.server.messages.TokenCountEndpoint;
import org.lfm4j.server.model.ServedModel;
import org.lfm4j.server.openapi.OpenApiEndpoints;
import org.lfm4j.server.responses.ResponsesDialect;
import org.lfm4j.server.tokenize.TokenizeEndpoints;

/** Which path and method leads to which endpoint; anything else gets an error in JSON. */
final class Routes {
  private static final System.Logger LOG = System.getLogger(Routes.class.getName());
  private static final String MESSAGES = "/v1/messages";
  private static final String MODEL_PREFIX = StatusEndpoints.MODEL_PREFIX;

  private final Map<String, Map<String, Handler>> handlers = new LinkedHashMap<>();

  Routes(ServedModel served, Generations generations, ServerConfig config) {
    StatusEndpoints status = new StatusEndpoints(served);
    ChatPrompts prompts = new ChatPrompts(config.trustRequestChatTemplate());
    TokenizeEndpoints tokens = new TokenizeEndpoints(served, prompts);
    GenerationEndpoint chat = new GenerationEndpoint(served, generations, new ChatDialect(prompts));
    GenerationEndpoint completions =
        new GenerationEndpoint(served, generations, new CompletionDialect());
    GenerationEndpoint responses =
        new GenerationEndpoint(served, generations, new ResponsesDialect());
    GenerationEndpoint messages =
        new GenerationEndpoint(served, generations, new MessagesDialect());
    add("/health", status::health, "GET", "HEAD");
    add("/ping", status::health, "GET", "HEAD", "POST");
    add("/version", status::version, "GET", "HEAD");
    add("/v1/models", status::models, "GET", "HEAD");
    add(MODEL_PREFIX, status::model, "GET", "HEAD");
    add("/v1/chat/completions", chat::handle, "POST");
    add("/v1/completions", completions::handle, "POST");
    add("/v1/responses", responses::handle, "POST");
    add(MESSAGES, messages::handle, "POST");
    add(MESSAGES + "/count_tokens", new TokenCountEndpoint(served)::handle, "POST");
    add("/tokenize", tokens::tokenize, "POST");
    add("/detokenize", tokens::detokenize, "POST");
    add("/openapi.json", OpenApiEndpoints::description, "GET", "HEAD");
    add("/docs", OpenApiEndpoints::page, "GET", "HEAD");
  }

  private void add(String path, Handler handler, String... methods) {
    Map<String, Handler> byMethod = new LinkedHashMap<>();
    for (String method : methods) {
      byMethod.put(method, handler);
    }
    handlers.put(path, byMethod);
  }

  /** Returns the methods of every path. */
  Map<String, Set<String>> methods() {
    Map<String, Set<String>> methods = new LinkedHashMap<>();
    handlers.forEach((path, byMethod) -> methods.put(path, byMethod.keySet()));
    return methods;
  }

  /** Sends every request through {@link #handle}. */
  void register(HttpRouting.Builder routing) {
    routing.any(this::handle);
  }

  private void handle(ServerRequest request, ServerResponse response) throws Exception {
    if (request.headers().containsToken(HeaderValues.CONNECTION_CLOSE)) {
      ClientConnection.CURRENT.get().closeAfterAnswer();
    }
    try {
      dispatch(request, response);
    } catch (ApiException e) {
      sendError(request, response, e);
    } catch (CloseConnectionException | RequestException | HttpException e) {
      throw e;
    } catch (RuntimeException e) {
      LOG.log(Level.ERROR, "A request failed unexpectedly", e);
      if (response.isSent()) {
        throw e;
      }
      sendError(
          request, response, ApiException.internal("Internal error: the server's log has more."));
    }
  }

  private static void sendError(
      ServerRequest request, ServerResponse response, ApiException error) {
    boolean anthropic = request.path().path().startsWith(MESSAGES);
    Answer.error(
        request, response, error, anthropic ? MessageErrors.body(error) : Answer.errorBody(error));
  }

  private void dispatch(ServerRequest request, ServerResponse response) throws Exception {
    String path = request.path().path();
    String method = request.prologue().method().text();
    boolean oneModel = path.startsWith(MODEL_PREFIX) && path.length() > MODEL_PREFIX.length();
    Map<String, Handler> methods = handlers.get(oneModel ? MODEL_PREFIX : path);
    if (methods == null || path.equals(MODEL_PREFIX)) {
      throw ApiException.notFound("", "There is nothing at %s %s".formatted(method, path));
    }
    Handler handler = methods.get(method);
    if (handler != null) {
      handler.handle(request, response);
      return;
    }
    TreeSet<String> allowed = new TreeSet<>(methods.keySet());
    allowed.add("OPTIONS");
    String allow = String.join(", ", allowed);
    response.header(HeaderNames.ALLOW, allow);
    if (method.equals("OPTIONS")) {
      response.status(Status.NO_CONTENT_204).send();
      return;
    }
    throw ApiException.methodNotAllowed(
        "%s does not take %s but %s".formatted(path, method, allow));
  }
}
