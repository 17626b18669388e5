package org.lfm4j.cli.vast;

import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Vast of our own: it rents, bills, loses answers, refuses calls that come too fast, and keeps
 * account of what nobody may do: destroy twice, or touch what belongs to others.
 */
final class VastStandIn implements Transport {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int PAGE = 25;
  private static final Map<String, Integer> THRESHOLDS =
      Map.of("create", 4500, "destroy", 3000, "show", 2000, "list", 1000, "logs", 1500);

  private final Timing timing;
  private final Faults faults;
  private final Function<ObjectNode, Host> hosts;
  private final Map<Long, Rented> rented = new TreeMap<>();
  private final Map<String, Duration> lastCall = new HashMap<>();
  private final Set<Long> destroyedByClient = new HashSet<>();
  private final List<ObjectNode> offers = new ArrayList<>();
  private long nextId = 7_000_000;
  private Duration billed = Duration.ZERO;
  final List<String> violations = new ArrayList<>();
  int tooFast;
  double credit = 50;

  /** Dollars an hour that instances cost, whatever their offer said. */
  double instancePrice = 2;

  /** Offers that were rented, in order. */
  final List<Long> created = new ArrayList<>();

  private record Rented(ObjectNode json, Duration created, Duration visible, Host host) {
    String label() {
      return json.path("label").asString("");
    }
  }

  /**
   * A service without instances.
   *
   * @param hosts makes the host for a create's body
   */
  VastStandIn(Timing timing, Faults faults, Function<ObjectNode, Host> hosts) {
    this.timing = timing;
    this.faults = faults;
    this.hosts = hosts;
    for (int i = 0; i < 12; i++) {
      offer(100 + i, 900 + i / 2, 1.8 + i * 0.05);
    }
  }

  private void offer(int id, int machine, double price) {
    ObjectNode offer = JSON.createObjectNode();
    offer.put("id", id).put("machine_id", machine).put("gpu_name", "H100 SXM");
    offer.put("num_gpus", 1).put("gpu_ram", 81_559).put("dph_total", price);
    offer.put("min_bid", price / 2).put("storage_cost", 0.2).put("inet_down", 900);
    offer.put("inet_down_cost", 0.01).put("geolocation", "Sweden, SE");
    offers.add(offer);
  }

  /** Leaves the cheapest offer and one of another machine. */
  synchronized void leaveTwo(int id, double price) {
    offers.subList(1, offers.size()).clear();
    offer(id, id, price);
  }

  /** Adds an instance that is not ours. */
  synchronized void addForeign(String label) {
    ObjectNode json = JSON.createObjectNode();
    long id = nextId++;
    json.put("id", id).put("label", label).put("actual_status", "running");
    rented.put(id, new Rented(json, timing.uptime(), Duration.ZERO, new Foreign()));
  }

  private static final class Foreign implements Host {
    @Override
    public void describe(ObjectNode instance, Duration age) {}

    @Override
    public boolean endsItself(Duration age) {
      return false;
    }

    @Override
    public boolean listensOn(int port) {
      return false;
    }

    @Override
    public void stop() {}
  }

  /** Returns the labels of what is billed and not foreign. */
  synchronized List<String> billedToUs() {
    endByThemselves();
    return rented.values().stream()
        .filter(instance -> !(instance.host instanceof Foreign))
        .map(Rented::label)
        .toList();
  }

  /** Returns the labels of what runs and is not foreign. */
  synchronized List<String> running() {
    endByThemselves();
    return rented.values().stream()
        .filter(one -> !(one.host instanceof Foreign))
        .filter(one -> describe(one).path("actual_status").asString("").equals("running"))
        .map(Rented::label)
        .toList();
  }

  synchronized long foreign() {
    return rented.values().stream().filter(one -> one.host instanceof Foreign).count();
  }

  private void endByThemselves() {
    rented.values().removeIf(one -> one.host.endsItself(timing.uptime().minus(one.created)));
  }

  /** Everything that exists costs; an account without credit gets its instances stopped. */
  private void bill() {
    Duration now = timing.uptime();
    double hours = now.minus(billed).toMillis() / 3_600_000.0;
    billed = now;
    credit -= hours * 2 * billedToUs().size();
  }

  @Override
  public synchronized Reply send(Call call) throws IOException {
    bill();
    if (call.uri().getHost().startsWith("203.")) {
      return serve(call);
    }
    if (faults.happens(0.5)) {
      return faults.random().nextBoolean()
          ? new Reply(429, "API requests too frequent")
          : new Reply(502, "<html>bad gateway</html>");
    }
    if (faults.happens(0.3)) {
      throw new IOException("connection reset before the request");
    }
    Reply reply = answer(call);
    if (faults.happens(0.5)) {
      if (faults.random().nextBoolean()) {
        throw new IOException("connection reset before the answer");
      }
      return new Reply(504, "");
    }
    return reply;
  }

  private Reply serve(Call call) throws IOException {
    for (Rented one : rented.values()) {
      if (one.host.listensOn(call.uri().getPort()) && one.host instanceof SimulatedHost host) {
        return host.serve(call.uri().getPath(), timing.uptime().minus(one.created));
      }
    }
    throw new IOException("connection refused");
  }

  private Reply answer(Call call) {
    String path = call.uri().getPath();
    JsonNode body = JSON.readTree(call.body().orElse("{}"));
    if (!call.authorization().orElse("").startsWith("Bearer ")) {
      return new Reply(401, "{\"error\":\"auth_error\",\"msg\":\"Invalid user key\"}");
    }
    if (path.equals("/api/v0/bundles/")) {
      return offers();
    }
    if (path.equals("/api/v0/users/current")) {
      return new Reply(200, "{\"id\":1,\"credit\":%s}".formatted(credit));
    }
    if (path.startsWith("/api/v0/asks/")) {
      return paced("create", () -> create(number(path), (ObjectNode) body));
    }
    if (path.startsWith("/api/v0/instances/request_logs/")) {
      return paced("logs", () -> new Reply(200, "{\"success\":true,\"msg\":\"one\\ntwo\"}"));
    }
    if (path.equals("/api/v1/instances/")) {
      return paced("list", () -> list(parameters(call)));
    }
    if (path.startsWith("/api/v0/instances/")) {
      long id = number(path);
      return call.method().equals("DELETE")
          ? paced("destroy", () -> destroy(id))
          : paced("show", () -> show(id));
    }
    violations.add("unexpected call " + call.method() + " " + path);
    return new Reply(404, "{}");
  }

  private interface Answer {
    Reply get();
  }

  private Reply paced(String kind, Answer answer) {
    Duration now = timing.uptime();
    Duration last = lastCall.get(kind);
    int threshold = THRESHOLDS.get(kind);
    if (last != null && now.minus(last).toMillis() < threshold) {
      tooFast++;
      return new Reply(
          429,
          "{\"detail\":\"API requests too frequent endpoint threshold=%s\"}"
              .formatted(threshold / 1000.0));
    }
    lastCall.put(kind, now);
    return answer.get();
  }

  private Reply offers() {
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("offers");
    offers.forEach(list::add);
    return new Reply(200, answer.toString());
  }

  private Reply create(long offer, ObjectNode body) {
    if (credit <= 0) {
      return new Reply(
          400, "{\"error\":\"insufficient_credit\",\"msg\":\"Your account lacks credit\"}");
    }
    if (!body.path("cancel_unavail").booleanValue()) {
      violations.add("create without cancel_unavail");
    }
    if (faults.happens(1)) {
      return new Reply(
          faults.random().nextBoolean() ? 404 : 410,
          "{\"error\":\"no_such_ask\",\"msg\":\"gone\"}");
    }
    long id = nextId++;
    ObjectNode json = JSON.createObjectNode();
    json.put("id", id).put("machine_id", 900 + (offer - 100) / 2);
    json.put("label", body.path("label").asString("")).put("dph_total", instancePrice);
    json.put("gpu_name", "H100 SXM").put("start_date", timing.now().getEpochSecond() + 7200);
    created.add(offer);
    Duration now = timing.uptime();
    Duration visible = faults.happens(1) ? now.plusSeconds(faults.random().nextInt(40)) : now;
    rented.put(id, new Rented(json, now, visible, hosts.apply(body.deepCopy().put("id", id))));
    return new Reply(
        200,
        "{\"success\":true,\"new_contract\":%d,\"instance_api_key\":\"secretsecret\"}"
            .formatted(id));
  }

  private Reply show(long id) {
    endByThemselves();
    Rented one = rented.get(id);
    return new Reply(200, "{\"instances\":%s}".formatted(one == null ? "null" : describe(one)));
  }

  private ObjectNode describe(Rented one) {
    ObjectNode json = one.json.deepCopy();
    one.host.describe(json, timing.uptime().minus(one.created));
    if (credit <= 0 && !(one.host instanceof Foreign)) {
      json.put("actual_status", "exited").put("intended_status", "stopped");
    }
    return json;
  }

  private Reply list(Map<String, String> parameters) {
    endByThemselves();
    JsonNode wanted = JSON.readTree(parameters.get("select_filters")).path("label").path("in");
    long after = Long.parseLong(parameters.getOrDefault("after_token", "0"));
    ObjectNode answer = JSON.createObjectNode();
    ArrayNode list = answer.putArray("instances");
    answer.putNull("next_token");
    for (var entry : rented.entrySet()) {
      Rented one = entry.getValue();
      boolean matches = wanted.isMissingNode() || wanted.path(0).asString("").equals(one.label());
      if (entry.getKey() <= after || !matches || one.visible.compareTo(timing.uptime()) > 0) {
        continue;
      }
      if (list.size() == PAGE) {
        answer.put("next_token", list.get(PAGE - 1).path("id").asString(""));
        break;
      }
      list.add(describe(one));
    }
    return new Reply(200, answer.toString());
  }

  private Reply destroy(long id) {
    endByThemselves();
    Rented one = rented.get(id);
    if (destroyedByClient.contains(id)) {
      violations.add("destroyed twice: " + id);
    }
    if (one == null) {
      return new Reply(404, "{\"error\":\"no_such_instance\",\"msg\":\"gone\"}");
    }
    if (one.host instanceof Foreign) {
      violations.add("touched what is not ours: " + one.label());
    }
    if (faults.happens(1)) {
      return new Reply(
          faults.random().nextBoolean() ? 500 : 400,
          "{\"error\":\"failed\",\"msg\":\"try again\"}");
    }
    one.host.stop();
    rented.remove(id);
    destroyedByClient.add(id);
    return new Reply(200, "{\"success\":true}");
  }

  private static long number(String path) {
    return Long.parseLong(path.replaceAll(".*/(\\d+)/?$", "$1"));
  }

  private static Map<String, String> parameters(Call call) {
    Map<String, String> parameters = new HashMap<>();
    for (String pair : call.uri().getRawQuery().split("&", -1)) {
      String[] parts = pair.split("=", 2);
      parameters.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
    }
    return parameters;
  }
}
