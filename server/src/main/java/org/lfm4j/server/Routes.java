package org.lfm4j.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.lfm4j.server.chat.ChatDialect;
import org.lfm4j.server.chat.ChatPrompts;
import org.lfm4j.server.completions.CompletionDialect;
import org.lfm4j.server.edge.RootPath;
import org.lfm4j.server.generation.GenerationEndpoint;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.messages.MessageErrors;
import org.lfm4j.server.messages.MessagesDialect;
import org.lfm4j.server.messages.TokenCountEndpoint;
import org.lfm4j.server.metrics.Metrics;
import org.lfm4j.server.metrics.MetricsEndpoints;
import org.lfm4j.server.model.ServedModel;
import org.lfm4j.server.openapi.OpenApiEndpoints;
import org.lfm4j.server.page.PageFile;
import org.lfm4j.server.responses.ResponsesDialect;
import org.lfm4j.server.tokenize.TokenizeEndpoints;
import tools.jackson.databind.node.ObjectNode;

/** Which path and method leads to which endpoint; anything else is an error. */
final class Routes implements Handler {
  private static final String MESSAGES = "/v1/messages";
  private static final String MODEL_PREFIX = StatusEndpoints.MODEL_PREFIX;

  /** What the metrics call paths that lead nowhere. */
  private static final String NO_ROUTE = "none";

  private final Map<String, Map<String, Handler>> handlers = new LinkedHashMap<>();
  private final String rootPath;

  Routes(
      ServedModel served,
      Generations generations,
      StatusEndpoints status,
      Metrics metrics,
      ServerOptions options) {
    this.rootPath = options.rootPath();
    ChatPrompts prompts = new ChatPrompts(options.trustRequestChatTemplate());
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
    MetricsEndpoints measured = new MetricsEndpoints(metrics);
    add("/metrics", measured::metrics, "GET", "HEAD");
    add("/load", measured::load, "GET", "HEAD");
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
    PageFile.all().forEach(file -> add(file.path(), file::send, "GET", "HEAD"));
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

  /** Returns the body of an error in the shape that the clients of a path know. */
  ObjectNode errorBody(String path, ApiException error) {
    return RootPath.strip(rootPath, path).startsWith(MESSAGES)
        ? MessageErrors.body(error)
        : Answer.errorBody(error);
  }

  /** Returns what metrics call a path: of a fixed set, never what a client made up. */
  String name(String path) {
    String route = route(RootPath.strip(rootPath, path));
    return handlers.containsKey(route) ? route : NO_ROUTE;
  }

  private static String route(String path) {
    return path.startsWith(MODEL_PREFIX) ? MODEL_PREFIX : path;
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) throws Exception {
    String path = RootPath.strip(rootPath, request.path().path());
    String method = request.prologue().method().text();
    Map<String, Handler> methods = handlers.get(route(path));
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
