package org.lfm4j.vast.rental;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What we know of one of our rentals; kept in a file from before its creation until its end is
 * confirmed.
 *
 * @param label by which its instances are known again
 * @param model what it serves
 * @param phase how far it is
 * @param began when it was begun, by this machine's clock
 * @param deadline when it ends itself, or nothing before it is created
 * @param instance its instance, once known
 * @param gpu its GPU
 * @param dollarsPerHour price while it runs
 * @param trafficDollars price of what it downloads at its start
 * @param endpoint where it can be reached, once it serves
 * @param serverKey the key that its server asks for
 * @param client number of the process that starts it
 */
public record Rental(
    String label,
    String model,
    Phase phase,
    Instant began,
    Optional<Instant> deadline,
    OptionalLong instance,
    String gpu,
    double dollarsPerHour,
    double trafficDollars,
    Optional<URI> endpoint,
    String serverKey,
    long client) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** How far a rental is. */
  public enum Phase {
    /** An instance may have been asked for. */
    CREATING,
    /** There is an instance that does not serve yet. */
    STARTING,
    /** It serves. */
    READY,
    /** It is to end. */
    ENDING
  }

  /** Returns the same in another phase. */
  public Rental in(Phase next) {
    return new Rental(
        label,
        model,
        next,
        began,
        deadline,
        instance,
        gpu,
        dollarsPerHour,
        trafficDollars,
        endpoint,
        serverKey,
        client);
  }

  /** Returns the rental of an instance. */
  Rental starting(long id, Candidate candidate, Instant ends) {
    return new Rental(
        label,
        model,
        Phase.STARTING,
        began,
        Optional.of(ends),
        OptionalLong.of(id),
        candidate.offer().gpuName(),
        candidate.dollarsPerHour(),
        candidate.trafficDollars(),
        endpoint,
        serverKey,
        client);
  }

  /** Returns the rental as it serves. */
  Rental ready(URI address) {
    return new Rental(
        label,
        model,
        Phase.READY,
        began,
        deadline,
        instance,
        gpu,
        dollarsPerHour,
        trafficDollars,
        Optional.of(address),
        serverKey,
        client);
  }

  /** Returns dollars spent until {@code now}, roughly: as if it had run from the beginning. */
  public double spent(Instant now) {
    double seconds = Math.max(0, now.getEpochSecond() - began.getEpochSecond());
    return instance.isEmpty() ? 0 : dollarsPerHour * seconds / 3600 + trafficDollars;
  }

  String toJson() {
    ObjectNode json = JSON.createObjectNode();
    json.put("label", label);
    json.put("model", model);
    json.put("phase", phase.name());
    json.put("began", began.toString());
    deadline.ifPresent(time -> json.put("deadline", time.toString()));
    instance.ifPresent(id -> json.put("instance", id));
    json.put("gpu", gpu);
    json.put("dollarsPerHour", dollarsPerHour);
    json.put("trafficDollars", trafficDollars);
    endpoint.ifPresent(uri -> json.put("endpoint", uri.toString()));
    json.put("serverKey", serverKey);
    json.put("client", client);
    return json.toPrettyString() + "\n";
  }

  static Rental fromJson(String text) {
    JsonNode json = JSON.readTree(text);
    return new Rental(
        json.path("label").stringValue(),
        json.path("model").stringValue(),
        Phase.valueOf(json.path("phase").stringValue()),
        Instant.parse(json.path("began").stringValue()),
        text(json, "deadline").map(Instant::parse),
        json.has("instance")
            ? OptionalLong.of(json.path("instance").longValue())
            : OptionalLong.empty(),
        json.path("gpu").asString(""),
        json.path("dollarsPerHour").asDouble(0),
        json.path("trafficDollars").asDouble(0),
        text(json, "endpoint").map(URI::create),
        json.path("serverKey").asString(""),
        json.path("client").asLong(0));
  }

  private static Optional<String> text(JsonNode json, String name) {
    return json.has(name) ? Optional.of(json.path(name).stringValue()) : Optional.empty();
  }

  /** Never shows the server's key. */
  @Override
  public String toString() {
    return "%s (%s, %s)".formatted(label, model, phase);
  }
}
