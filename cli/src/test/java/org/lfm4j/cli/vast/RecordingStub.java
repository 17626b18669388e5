package org.lfm4j.cli.vast;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.NullNode;

/** Answers as the stub did before which the captured requests were taken, and keeps requests. */
final class RecordingStub implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int TIMES_TOO_FAST = 2;
  private static final int TIMES_NOT_READY = 2;

  /** What was asked; query parameters are parsed. */
  record Request(String method, String path, Map<String, String> parameters, JsonNode body) {
    static Request of(String method, String target, JsonNode body) {
      int mark = target.indexOf('?');
      Map<String, String> parameters = new TreeMap<>();
      if (mark >= 0) {
        for (String pair : target.substring(mark + 1).split("&")) {
          String[] parts = pair.split("=", 2);
          parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
      }
      return new Request(method, mark < 0 ? target : target.substring(0, mark), parameters, body);
    }
  }

  private record Answer(int status, String body) {}

  private final HttpServer server;
  private final AtomicInteger limited = new AtomicInteger();
  private final AtomicInteger logs = new AtomicInteger();
  final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
  final List<String> authorizations = Collections.synchronizedList(new ArrayList<>());

  RecordingStub() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::handle);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    Request request =
        Request.of(
            exchange.getRequestMethod(),
            exchange.getRequestURI().toString(),
            body.length == 0 ? NullNode.instance : JSON.readTree(body));
    String authorization = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
    requests.add(request);
    authorizations.add(authorization);
    Answer answer = answer(request, authorization);
    byte[] bytes = answer.body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(answer.status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private Answer answer(Request request, String authorization) {
    if (authorization.endsWith("BADKEY")) {
      return new Answer(401, "{\"error\":\"auth_error\",\"msg\":\"Invalid user key\"}");
    }
    if (authorization.endsWith("LIMITED") && limited.getAndIncrement() < TIMES_TOO_FAST) {
      return new Answer(429, "{\"detail\":\"API requests too frequent endpoint threshold=4.5\"}");
    }
    String path = request.path();
    if (path.startsWith("/logs/")) {
      return logs.getAndIncrement() < TIMES_NOT_READY
          ? new Answer(403, "not yet")
          : new Answer(200, "line one\nBearer abcdef0123456789\n");
    }
    if (path.contains("/request_logs/") || path.contains("/command/")) {
      return new Answer(200, "{\"success\":true,\"result_url\":\"%s/logs/abc\"}".formatted(url()));
    }
    if (path.equals("/api/v0/asks/404/")) {
      return new Answer(
          404, "{\"error\":\"no_such_ask\",\"msg\":\"Instance type by id 404 is not available.\"}");
    }
    if (path.equals("/api/v0/asks/400/")) {
      return new Answer(
          400,
          "{\"error\":\"insufficient_credit\",\"msg\":\"Your account lacks credit; see the billing page.\"}");
    }
    if (path.equals("/api/v0/instances/404/")) {
      return new Answer(404, "{\"error\":\"no_such_instance\",\"msg\":\"gone\"}");
    }
    if (path.startsWith("/api/v0/asks/") || path.startsWith("/api/v0/launch_instance/")) {
      return new Answer(
          200,
          "{\"success\":true,\"new_contract\":7000101,\"instance_api_key\":\"verysecretkey\"}");
    }
    if (path.equals("/api/v1/instances/")) {
      boolean last = request.parameters().containsKey("after_token");
      return new Answer(
          200,
          "{\"instances\":[%s],\"next_token\":%s}"
              .formatted(instance(last ? 7000101 : 7000100), last ? "null" : "\"eyJ2YWwifQ\""));
    }
    if (path.startsWith("/api/v0/instances/") && request.method().equals("GET")) {
      return new Answer(200, "{\"instances\":%s}".formatted(instance(7000101)));
    }
    if (path.contains("/bundles/") || path.contains("/search/asks/")) {
      return new Answer(
          200,
          "{\"offers\":[{\"id\":101,\"gpu_name\":\"H100 SXM\",\"num_gpus\":1,\"gpu_ram\":81559,\"dph_total\":1.87,\"cuda_max_good\":12.8,\"reliability2\":0.99,\"inet_down\":900,\"inet_down_cost\":0.01,\"direct_port_count\":20,\"geolocation\":\"Sweden, SE\"}]}");
    }
    return new Answer(200, "{\"success\":true,\"credit\":25.5,\"email\":\"a@b.c\"}");
  }

  private static String instance(int id) {
    return """
    {"id":%d,"actual_status":"running","intended_status":"running","label":null,"gpu_name":"H100 SXM",
     "num_gpus":1,"dph_total":1.9,"public_ipaddr":" 203.0.113.7 ","ssh_host":"ssh4.vast.ai","ssh_port":20100,
     "image_uuid":"vllm/vllm-openai:latest","jupyter_token":"tokentokentoken",
     "extra_env":[["HF_TOKEN","hf_abcdefghijklmnop"],["A","b"]],
     "ports":{"8000/tcp":[{"HostIp":"0.0.0.0","HostPort":"33526"},{"HostIp":"::","HostPort":"33526"}]}}\
    """
        .formatted(id);
  }
}
