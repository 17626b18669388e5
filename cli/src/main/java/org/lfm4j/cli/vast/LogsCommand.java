package org.lfm4j.cli.vast;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.Mask;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Patience;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lfm vast logs}. */
@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Prints what an instance logged.")
final class LogsCommand extends Action {
  private static final Duration POLL = Duration.ofSeconds(5);

  /** Vast may be out of reach for so long while a log is followed. */
  private static final Duration OUTAGE = Duration.ofMinutes(15);

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "ID",
      description = "Instance's ID, or a label. Default: the only rental.")
  private @Nullable String name;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on printing what is new, until Ctrl-C or the instance's end.")
  private boolean follow;

  @Option(names = "--tail", paramLabel = "N", description = "Most lines.")
  private @Nullable String tail;

  @Option(names = "--filter", paramLabel = "TEXT", description = "Only lines that contain this.")
  private @Nullable String filter;

  @Option(
      names = "--daemon-logs",
      description = "The host's own log: why a container does not start.")
  private boolean daemon;

  LogsCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    VastClient client = client();
    long id = id();
    Patience patience =
        new Patience(session().surroundings().timing(), follow ? OUTAGE : Duration.ZERO);
    LogTail log = new LogTail();
    Mask mask = Mask.of(session().store().all().stream().map(Rental::serverKey).toList());
    boolean there = true;
    while (there) {
      String text =
          patience.ask(() ->
              client.logs(id, Optional.ofNullable(tail), Optional.ofNullable(filter), daemon));
      log.fresh(lines(mask.text(text))).forEach(out()::println);
      out().flush();
      if (!follow) {
        return 0;
      }
      session().surroundings().timing().sleep(POLL);
      there = patience.ask(() -> client.instance(id)).isPresent();
    }
    err().println("lfm vast: instance %d is gone.".formatted(id));
    return 0;
  }

  /** Runs of blank lines say nothing. */
  private static List<String> lines(String text) {
    return text.stripTrailing().replaceAll("\\n{3,}", "\n\n").lines().toList();
  }

  private long id() {
    if (name != null && name.matches("\\d{1,18}")) {
      return Long.parseLong(name);
    }
    RentalStore store = session().store();
    return (name == null ? store.only() : store.find(name))
        .orElseThrow(() ->
            new VastException(
                VastException.Kind.NOT_FOUND,
                "There is no such rental: give an instance's ID, as lfm vast show instances lists."))
        .requireInstance();
  }
}
