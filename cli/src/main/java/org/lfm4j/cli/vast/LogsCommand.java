package org.lfm4j.cli.vast;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.VastClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lfm vast logs}. */
@Command(
    name = "logs",
    mixinStandardHelpOptions = true,
    description = "Prints what an instance logged.")
final class LogsCommand extends Action {
  @Parameters(index = "0", paramLabel = "ID", description = "ID that show instances lists.")
  private long id;

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
    out()
        .println(
            client
                .logs(id, Optional.ofNullable(tail), Optional.ofNullable(filter), daemon)
                .stripTrailing());
    return 0;
  }
}
