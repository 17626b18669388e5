package org.lfm4j.vast;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.vast.VastException.Kind;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Vast.ai's REST service. Calls of a kind keep the distance that Vast wants, and are repeated when
 * that is safe. All methods throw {@link VastException} if Vast refuses or can't be reached. For
 * use by one thread at a time.
 */
public final class VastClient {
  /** Where Vast is. */
  public static final URI DEFAULT_URL = URI.create("https://console.vast.ai");

  private static final String BY_ID = "[{\"col\": \"id\", \"dir\": \"asc\"}]";
  private static final int MAX_PAGES = 1000;
  private static final Duration LOG_POLL = Duration.ofMillis(300);
  private static final int LOG_POLLS = 30;

  private final Caller caller;
  private final Timing timing;

  /**
   * A client.
   *
   * @param base where the service is
   * @param keys keys to try, best first; at least one
   */
  public VastClient(URI base, List<ApiKey> keys, Transport transport, Timing timing) {
    this.caller = new Caller(base, keys, transport, timing);
    this.timing = timing;
  }

  /** Returns what hides this client's keys. */
  public Mask mask() {
    return caller.mask();
  }

  /** Returns offers, in the order of the search. */
  public List<Offer> search(OfferSearch search) throws InterruptedException {
    return offers(caller.call(Endpoint.SEARCH, "POST", "/api/v0/bundles/", body(search.toJson())));
  }

  /** Returns offers from the service's newer form of search. */
  public List<Offer> searchAsks(OfferSearch search) throws InterruptedException {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    request.putArray("select_cols").add("*");
    request.set("q", search.toJson());
    return offers(caller.call(Endpoint.SEARCH, "PUT", "/api/v0/search/asks/", body(request)));
  }

  private static List<Offer> offers(ObjectNode answer) {
    List<Offer> offers = new ArrayList<>();
    for (JsonNode offer : answer.path("offers")) {
      if (offer instanceof ObjectNode object) {
        offers.add(new Offer(object));
      }
    }
    return offers;
  }

  /**
   * Rents an offer.
   *
   * @return the answer; {@code new_contract} is the instance's number
   * @throws VastException of kind {@code AMBIGUOUS} if the answer was lost
   */
  public ObjectNode create(long offer, CreateRequest request) throws InterruptedException {
    return caller.call(
        Endpoint.CREATE, "PUT", "/api/v0/asks/%d/".formatted(offer), body(request.toJson()));
  }

  /** Rents the first offer of a search that is still free, as the service sees it. */
  public ObjectNode launch(OfferSearch search, CreateRequest request) throws InterruptedException {
    return caller.call(
        Endpoint.LAUNCH, "PUT", "/api/v0/launch_instance/", body(request.toLaunchJson(search)));
  }

  /** Returns an instance, or nothing when it is gone. */
  public Optional<Instance> instance(long id) throws InterruptedException {
    ObjectNode answer;
    try {
      answer =
          caller.call(
              Endpoint.SHOW_ONE,
              "GET",
              "/api/v0/instances/%d/?owner=me".formatted(id),
              Optional.empty());
    } catch (VastException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
    return answer.path("instances") instanceof ObjectNode object
        ? Optional.of(new Instance(object))
        : Optional.empty();
  }

  /** Returns all instances of the account. */
  public List<Instance> instances() throws InterruptedException {
    return list("{}", List.of());
  }

  /** Returns all instances, with these fields only. */
  public List<Instance> instances(List<String> columns) throws InterruptedException {
    return list("{}", columns);
  }

  /** Returns the instances with a label. */
  public List<Instance> labelled(String label) throws InterruptedException {
    String quoted = JsonNodeFactory.instance.stringNode(label).toString();
    return list("{\"label\": {\"in\": [%s]}}".formatted(quoted), List.of()).stream()
        .filter(instance -> instance.label().equals(label))
        .toList();
  }

  private List<Instance> list(String filters, List<String> columns) throws InterruptedException {
    String first =
        "/api/v1/instances/?select_filters=%s&order_by=%s&limit=25"
            .formatted(encode(filters), encode(BY_ID));
    if (!columns.isEmpty()) {
      first += "&select_cols=" + encode("[\"" + String.join("\", \"", columns) + "\"]");
    }
    List<Instance> instances = new ArrayList<>();
    String path = first;
    for (int page = 0; page < MAX_PAGES; page++) {
      ObjectNode answer = caller.call(Endpoint.SHOW_ALL, "GET", path, Optional.empty());
      for (JsonNode instance : answer.path("instances")) {
        if (instance instanceof ObjectNode object) {
          instances.add(new Instance(object));
        }
      }
      String token = answer.path("next_token").asString("");
      if (token.isEmpty()) {
        return instances;
      }
      path = first + "&after_token=" + encode(token);
    }
    throw new VastException(Kind.UNREACHABLE, "Vast's list of instances does not end.");
  }

  /**
   * Asks for an instance's end. Only {@link #instance} tells whether it is gone.
   *
   * @throws VastException of kind {@code NOT_DESTROYED} if the answer was lost
   */
  public ObjectNode destroy(long id) throws InterruptedException {
    return caller.call(
        Endpoint.DESTROY, "DELETE", "/api/v0/instances/%d/".formatted(id), emptyBody());
  }

  /** Asks for the end of several instances at once. */
  public ObjectNode destroy(List<Long> ids) throws InterruptedException {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    var list = request.putArray("instance_ids");
    ids.forEach(list::add);
    return caller.call(Endpoint.DESTROY, "DELETE", "/api/v0/instances/", body(request));
  }

  /** Changes an instance's state, {@code running} or {@code stopped}. Stopped ones are billed. */
  public ObjectNode setState(long id, String state) throws InterruptedException {
    return change("/api/v0/instances/%d/".formatted(id), "state", state);
  }

  /** Changes an instance's label. */
  public ObjectNode setLabel(long id, String label) throws InterruptedException {
    return change("/api/v0/instances/%d/".formatted(id), "label", label);
  }

  private ObjectNode change(String path, String field, String value) throws InterruptedException {
    return caller.call(
        Endpoint.CHANGE,
        "PUT",
        path,
        body(JsonNodeFactory.instance.objectNode().put(field, value)));
  }

  /** Restarts an instance's container. */
  public ObjectNode reboot(long id) throws InterruptedException {
    return caller.call(
        Endpoint.CHANGE, "PUT", "/api/v0/instances/reboot/%d/".formatted(id), emptyBody());
  }

  /** Makes an instance's container anew, with its newest image. */
  public ObjectNode recycle(long id) throws InterruptedException {
    return caller.call(
        Endpoint.CHANGE, "PUT", "/api/v0/instances/recycle/%d/".formatted(id), emptyBody());
  }

  /** Returns the account: {@code id}, {@code credit} and so on. */
  public ObjectNode user() throws InterruptedException {
    return caller.call(Endpoint.ACCOUNT, "GET", "/api/v0/users/current", Optional.empty());
  }

  /**
   * Returns the last lines that an instance logged.
   *
   * @param tail most lines; empty leaves it to the service
   * @param filter a text that lines must contain
   * @param daemon its host's lines instead of its own
   */
  public String logs(long id, Optional<String> tail, Optional<String> filter, boolean daemon)
      throws InterruptedException {
    ObjectNode request = JsonNodeFactory.instance.objectNode();
    tail.ifPresent(lines -> request.put("tail", lines));
    filter.ifPresent(text -> request.put("filter", text));
    if (daemon) {
      request.put("daemon_logs", "true");
    }
    return result("/api/v0/instances/request_logs/%d/".formatted(id), request);
  }

  /** Runs one of the few commands that Vast allows (ls, rm, du) and returns its output. */
  public String execute(long id, String command) throws InterruptedException {
    return result(
        "/api/v0/instances/command/%d/".formatted(id),
        JsonNodeFactory.instance.objectNode().put("command", command));
  }

  /** The answer names an address whose contents come later; until then it is 403. */
  private String result(String path, ObjectNode request) throws InterruptedException {
    ObjectNode answer = caller.call(Endpoint.LOGS, "PUT", path, body(request));
    String url = answer.path("result_url").asString("");
    if (url.isEmpty()) {
      return answer.path("msg").asString("");
    }
    for (int poll = 0; poll < LOG_POLLS; poll++) {
      timing.sleep(LOG_POLL);
      try {
        Transport.Reply reply = caller.fetch(URI.create(url));
        if (reply.status() == 200) {
          return caller.mask().text(reply.body());
        }
      } catch (IOException e) {
        // Like an answer that is not there yet.
      }
    }
    throw new VastException(
        Kind.UNREACHABLE,
        "The instance's host did not deliver within %d s: try again."
            .formatted(LOG_POLL.multipliedBy(LOG_POLLS).toSeconds()));
  }

  private static Optional<ObjectNode> body(ObjectNode body) {
    return Optional.of(body);
  }

  private static Optional<ObjectNode> emptyBody() {
    return Optional.of(JsonNodeFactory.instance.objectNode());
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
