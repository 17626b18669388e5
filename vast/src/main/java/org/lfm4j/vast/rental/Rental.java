package org.lfm4j.vast.rental;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfm4j.vast.VastException;
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
 * @param unansweredUntil until when an instance may show up that was asked for without an answer
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
    long client,
    Optional<Instant> unansweredUntil) {
  /** From the answer to a create, or the loss of it, until Vast lists what was made. */
  static final Duration SHOWS_UP_WITHIN = Duration.ofSeconds(90);

  /** From a create until its answer, or the loss of it. */
  static final Duration ANSWERED_WITHIN = Duration.ofMinutes(2);

  private static final double SECONDS_AN_HOUR = 3600;
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

  /** Returns a rental that is about to be asked for. */
  static Rental fresh(String label, String model, String serverKey, Instant now) {
    return new Rental(
        label,
        model,
        Phase.CREATING,
        now,
        Optional.empty(),
        OptionalLong.empty(),
        "",
        0,
        0,
        Optional.empty(),
        serverKey,
        ProcessHandle.current().pid(),
        Optional.empty());
  }

  /** Returns the same in another phase. */
  public Rental in(Phase next) {
    return with(next, deadline, instance, endpoint, unansweredUntil);
  }

  /** Returns the rental while nobody knows whether a create had its effect. */
  Rental unanswered(Optional<Instant> until) {
    return with(phase, deadline, instance, endpoint, until);
  }

  /** Returns the rental just before an offer is asked for: it may be ours from now on. */
  Rental asking(Candidate candidate, Instant now) {
    return new Rental(
        label,
        model,
        Phase.CREATING,
        began,
        Optional.empty(),
        OptionalLong.empty(),
        candidate.offer().gpuName(),
        candidate.dollarsPerHour(),
        candidate.trafficDollars(),
        endpoint,
        serverKey,
        client,
        Optional.of(now.plus(ANSWERED_WITHIN).plus(SHOWS_UP_WITHIN)));
  }

  /** Returns the rental of an instance, which ends itself at {@code ends}. */
  Rental starting(long id, Instant ends) {
    return with(Phase.STARTING, Optional.of(ends), OptionalLong.of(id), endpoint, Optional.empty());
  }

  /** Returns the rental once an instance showed up that was asked for without an answer. */
  public Rental found(long id) {
    return with(phase, deadline, OptionalLong.of(id), endpoint, Optional.empty());
  }

  /** Returns the rental as it serves. */
  Rental ready(URI address) {
    return with(Phase.READY, deadline, instance, Optional.of(address), unansweredUntil);
  }

  /** Returns whether an instance may still show up that was asked for without an answer. */
  public boolean mayAppear(Instant now) {
    return unansweredUntil.map(now::isBefore).orElse(false);
  }

  private Rental with(
      Phase next,
      Optional<Instant> ends,
      OptionalLong id,
      Optional<URI> address,
      Optional<Instant> until) {
    return new Rental(
        label,
        model,
        next,
        began,
        ends,
        id,
        gpu,
        dollarsPerHour,
        trafficDollars,
        address,
        serverKey,
        client,
        until);
  }

  /**
   * Returns the instance.
   *
   * @throws VastException of kind {@code NOT_FOUND} if it has none yet
   */
  public long requireInstance() {
    return instance.orElseThrow(() ->
        new VastException(
            VastException.Kind.NOT_FOUND,
            "%s has no instance yet: see lfm vast status.".formatted(label)));
  }

  /** Returns dollars spent until {@code now}, roughly: as if it had run from the beginning. */
  public double spent(Instant now) {
    double seconds = Math.max(0, now.getEpochSecond() - began.getEpochSecond());
    return instance.isEmpty() ? 0 : dollarsPerHour * seconds / SECONDS_AN_HOUR + trafficDollars;
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
    unansweredUntil.ifPresent(time -> json.put("unansweredUntil", time.toString()));
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
        json.path("client").asLong(0),
        text(json, "unansweredUntil").map(Instant::parse));
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
