package org.lfm4j.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.lfm4j.server.ServerOptions;
import org.lfm4j.server.edge.AccessLog;
import org.lfm4j.server.trace.OtlpTracing;
import picocli.CommandLine.Option;

/** How a server is watched, and how it ends. */
@Section("Operation")
final class OperationOptions {
  @Option(
      names = "--root-path",
      paramLabel = "PATH",
      defaultValue = "",
      description = "Path under which a proxy shows this server, like /llm. Default: none.")
  private String rootPath = "";

  @Option(
      names = "--shutdown-timeout",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long running answers may go on after SIGTERM or Ctrl-C; a second signal ends them at once. Default: 30.")
  private int shutdownSeconds = 30;

  @Option(
      names = "--access-log",
      paramLabel = "FORMAT",
      defaultValue = "off",
      description = "A line for each request on standard error: off, text or json. Default: off.")
  private String accessLog = "off";

  @Option(
      names = "--otlp-traces-endpoint",
      paramLabel = "URL",
      description =
          "Send a trace of each request to an OpenTelemetry collector by OTLP over HTTP, like http://localhost:4318/v1/traces.")
  private @Nullable String tracesEndpoint;

  @Option(
      names = "--sse-keep-alive",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description =
          "How long a stream may be silent before a comment keeps its connection alive; 0 for ever. Default: 15.")
  private int keepAliveSeconds = 15;

  @Option(
      names = "--health-interval",
      paramLabel = "SECONDS",
      defaultValue = "15",
      description =
          "How long the engine may rest before one token is decoded to try it. Default: 15.")
  private int healthIntervalSeconds = 15;

  @Option(
      names = "--health-timeout",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description =
          "How long the engine may compute nothing then before /health answers 503. Default: 120.")
  private int healthSeconds = 120;

  /**
   * Sets these options.
   *
   * @param log where the access log goes
   * @throws CliException if a value makes no sense
   */
  void applyTo(ServerOptions.Builder options, PrintWriter log) {
    options
        .rootPath(rootPath())
        .shutdownTimeout(seconds("--shutdown-timeout", shutdownSeconds, 0))
        .keepAlive(seconds("--sse-keep-alive", keepAliveSeconds, 0))
        .healthInterval(seconds("--health-interval", healthIntervalSeconds, 1))
        .healthLimit(seconds("--health-timeout", healthSeconds, 1))
        .accessLog(new AccessLog(format(), line -> print(log, line)));
    if (tracesEndpoint != null) {
      options.tracing(tracing(tracesEndpoint));
    }
  }

  private static void print(PrintWriter log, String line) {
    log.println(line);
    log.flush();
  }

  private String rootPath() {
    if (!rootPath.isEmpty() && !rootPath.startsWith("/")) {
      throw new CliException("--root-path must begin with /, got %s.".formatted(rootPath));
    }
    return rootPath;
  }

  private AccessLog.Format format() {
    try {
      return AccessLog.Format.valueOf(accessLog.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new CliException(
          "--access-log must be off, text or json, got %s.".formatted(accessLog));
    }
  }

  private static OtlpTracing tracing(String endpoint) {
    try {
      return OtlpTracing.to(endpoint);
    } catch (IllegalArgumentException e) {
      throw new CliException(
          "--otlp-traces-endpoint must be an address like http://localhost:4318/v1/traces, got %s."
              .formatted(endpoint));
    }
  }

  private static Duration seconds(String name, int value, int least) {
    return Duration.ofSeconds(Ranges.atLeast(name, value, least));
  }
}
