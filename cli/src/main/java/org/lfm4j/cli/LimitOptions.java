package org.lfm4j.cli;

import java.time.Duration;
import org.lfm4j.server.http.RequestLimits;
import picocli.CommandLine.Option;

/** How much one client may ask for, and how slowly. */
@Section("Limits")
final class LimitOptions {
  private static final RequestLimits DEFAULT = RequestLimits.DEFAULT;

  @Option(
      names = "--max-body-bytes",
      paramLabel = "N",
      description = "Largest request body; beyond it status 413. Default: 33554432.")
  private int bodyBytes = DEFAULT.bodyBytes();

  @Option(
      names = {"--max-header-bytes", "--h11-max-incomplete-event-size"},
      paramLabel = "N",
      description = "Largest header section; beyond it status 431. Default: 32768.")
  private int headerBytes = DEFAULT.headerBytes();

  @Option(
      names = {"--max-header-count", "--h11-max-header-count"},
      paramLabel = "N",
      description = "Most headers; beyond it status 431. Default: 256.")
  private int headerCount = DEFAULT.headerCount();

  @Option(
      names = "--max-messages",
      paramLabel = "N",
      description = "Most messages of one request; beyond it status 400. Default: 10000.")
  private int messages = DEFAULT.messages();

  @Option(
      names = "--max-schema-bytes",
      paramLabel = "N",
      description =
          "Largest response_format, tools or other schema, as JSON; beyond it status 400. Default: 262144.")
  private int schemaBytes = DEFAULT.schemaBytes();

  @Option(
      names = "--max-connections",
      paramLabel = "N",
      description = "Most open connections; further ones wait. Default: 16384.")
  private int connections = DEFAULT.connections();

  @Option(
      names = "--slow-request-timeout",
      paramLabel = "SECONDS",
      description = "How long a request may take to arrive. Default: 60.")
  private int receiveSeconds = (int) DEFAULT.receive().toSeconds();

  @Option(
      names = "--slow-reader-timeout",
      paramLabel = "SECONDS",
      description =
          "How long a client may leave its answer unread before it is cut off. Default: 30.")
  private int writeSeconds = (int) DEFAULT.write().toSeconds();

  /**
   * Returns the limits.
   *
   * @throws CliException if one makes no sense
   */
  RequestLimits limits() {
    return new RequestLimits(
        positive("--max-body-bytes", bodyBytes),
        positive("--max-header-bytes", headerBytes),
        positive("--max-header-count", headerCount),
        positive("--max-messages", messages),
        positive("--max-schema-bytes", schemaBytes),
        Duration.ofSeconds(positive("--slow-request-timeout", receiveSeconds)),
        Duration.ofSeconds(positive("--slow-reader-timeout", writeSeconds)),
        positive("--max-connections", connections));
  }

  private static int positive(String name, int value) {
    return Ranges.atLeast(name, value, 1);
  }
}
