package org.lfm4j.vast.rental;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.Mask;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.rental.ServerProbe.Health;

/** Waits for an instance, stage by stage, until its server has answered a question. */
final class StartWatch {
  /** The port of the server inside the container. */
  static final int PORT = 8000;

  private static final Duration POLL = Duration.ofSeconds(5);
  private static final int BAD_POLLS = 3;
  private static final Duration UNREACHABLE = Duration.ofMinutes(30);
  private static final int LONGEST_DETAIL = 80;

  /** The weights may take so many times what their download should take. */
  static final int SLOWER_DOWNLOAD = 2;

  private static final Set<String> BAD =
      Set.of("exited", "stopped", "frozen", "unknown", "offline");

  private final VastClient client;
  private final ServerProbe probe;
  private final Timing timing;
  private final Meter meter;
  private final Mask mask;
  private final Patience patience;
  private final Runnable requireWanted;

  /**
   * Watches.
   *
   * @param requireWanted throws if somebody ends the rental meanwhile
   */
  StartWatch(
      VastClient client,
      ServerProbe probe,
      Timing timing,
      Meter meter,
      Mask mask,
      Runnable requireWanted) {
    this.client = client;
    this.probe = probe;
    this.timing = timing;
    this.meter = meter;
    this.mask = mask;
    this.patience = new Patience(timing, UNREACHABLE);
    this.requireWanted = requireWanted;
  }

  /** The stages, with the longest time for each. */
  private enum Stage {
    SCHEDULED("waits for its host", Duration.ofMinutes(5)),
    IMAGE("loads the image", Duration.ofMinutes(20)),
    PORT_MAPPED("starts the container", Duration.ofMinutes(5)),
    SERVER("starts the server", Duration.ofMinutes(15)),
    COMPLETION("answers its first question", Duration.ofMinutes(3));

    private final String text;
    private final Duration limit;

    Stage(String text, Duration limit) {
      this.text = text;
      this.limit = limit;
    }
  }

  /**
   * Returns where the server is.
   *
   * @param candidate what was rented; its download's time, with slack, is added to the server's
   * @throws StartFailure if waiting is pointless
   */
  URI await(long id, String key, Candidate candidate) throws StartFailure, InterruptedException {
    Stage stage = Stage.SCHEDULED;
    Duration since = timing.uptime();
    int bad = 0;
    while (true) {
      requireWanted.run();
      Instance instance =
          patience
              .ask(() -> client.instance(id))
              .orElseThrow(() -> new StartFailure("the instance has gone away by itself", false));
      requirePrice(instance, candidate);
      bad = BAD.contains(instance.status()) ? bad + 1 : 0;
      requireHope(instance, bad);
      Stage now = stage(instance);
      String detail = mask.text(instance.message());
      if (now == Stage.SERVER) {
        URI endpoint = instance.address(PORT).orElseThrow();
        Health health = probe.health(endpoint);
        detail = detail(health);
        if (health instanceof Health.Ready) {
          now = Stage.COMPLETION;
          detail = "";
          if (probe.complete(endpoint, key).isPresent()) {
            return endpoint;
          }
        }
      }
      if (now != stage) {
        since = timing.uptime();
        stage = now;
      }
      requireTime(stage, timing.uptime().minus(since), candidate.download(), detail);
      meter.report(stage.compareTo(Stage.IMAGE) > 0, line(stage, detail));
      timing.sleep(POLL);
    }
  }

  /** Vast takes no limit with a create: the price may have risen since the search. */
  private static void requirePrice(Instance instance, Candidate candidate) throws StartFailure {
    if (instance.dollarsPerHour() > candidate.dollarsPerHour() * Consent.MOST_RISE) {
      throw new StartFailure(
          "it costs $%.3f an hour, and was offered for $%.3f"
              .formatted(instance.dollarsPerHour(), candidate.dollarsPerHour()),
          false);
    }
  }

  private static void requireHope(Instance instance, int bad) throws StartFailure {
    Optional<StartFailure> fatal = FatalText.in(instance.message());
    if (fatal.isPresent()) {
      throw fatal.get();
    }
    if (bad >= BAD_POLLS) {
      boolean lost = instance.intendedStatus().equals("running");
      throw new StartFailure(
          "it is %s%s"
              .formatted(
                  instance.status(),
                  lost ? ", though it should run (outbid, or the host failed)" : ""),
          false);
    }
  }

  private static Stage stage(Instance instance) {
    boolean running =
        instance.status().equals("running") && instance.intendedStatus().equals("running");
    if (running) {
      return instance.address(PORT).isPresent() ? Stage.SERVER : Stage.PORT_MAPPED;
    }
    return switch (instance.status()) {
      case "", "scheduling" -> Stage.SCHEDULED;
      default -> Stage.IMAGE;
    };
  }

  private static String detail(Health health) throws StartFailure {
    return switch (health) {
      case Health.Ready() -> "";
      case Health.Silent() -> "it does not answer yet";
      case Health.Loading(String progress) -> progress;
      case Health.Failed(String reason) ->
          throw new StartFailure("the server can't load the model: " + reason, true);
    };
  }

  private static void requireTime(Stage stage, Duration spent, Duration download, String detail)
      throws StartFailure {
    Duration limit =
        stage == Stage.SERVER
            ? stage.limit.plus(download.multipliedBy(SLOWER_DOWNLOAD))
            : stage.limit;
    if (spent.compareTo(limit) > 0) {
      throw new StartFailure(
          "it %s for more than %d minutes%s"
              .formatted(
                  stage.text, limit.toMinutes(), detail.isEmpty() ? "" : " (" + detail + ")"),
          false);
    }
  }

  private static String line(Stage stage, String detail) {
    String end =
        detail.length() > LONGEST_DETAIL
            ? "…" + detail.substring(detail.length() - LONGEST_DETAIL + 1)
            : detail;
    return stage.text + (end.isEmpty() ? "" : ": " + end.replaceAll("\\s+", " "));
  }
}
