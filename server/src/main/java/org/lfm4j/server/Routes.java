package org.lfm4j.server;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeSet;
import org.lfm4j.server.chat.ChatEndpoint;
import org.lfm4j.server.edge.RootPath;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.model.ServedModel;

/** Which path and method leads to which endpoint; anything else is an error. */
final class Routes implements Handler {
  private static final String MODEL_PREFIX = StatusEndpoints.MODEL_PREFIX;

  private final Map<String, Map<String, Handler>> handlers = new LinkedHashMap<>();
  private final String rootPath;

  Routes(ServedModel served, Generations generations, StatusEndpoints status, String rootPath) {
    this.rootPath = rootPath;
    ChatEndpoint chat = new ChatEndpoint(served, generations);
    add("/health", status::health, "GET", "HEAD");
    add("/ping", status::health, "GET", "HEAD", "POST");
    add("/version", status::version, "GET", "HEAD");
    add("/v1/models", status::models, "GET", "HEAD");
    add(MODEL_PREFIX, status::model, "GET", "HEAD");
    add("/v1/chat/completions", chat::handle, "POST");
  }

  private void add(String path, Handler handler, String... methods) {
    Map<String, Handler> byMethod = new LinkedHashMap<>();
    for (String method : methods) {
      byMethod.put(method, handler);
    }
    handlers.put(path, byMethod);
  }

  @Override
  public void handle(ServerRequest request, ServerResponse response) throws Exception {
    String path = RootPath.strip(rootPath, request.path().path());
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
