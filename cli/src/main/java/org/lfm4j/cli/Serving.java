package org.lfm4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.Server;
import org.lfm4j.server.ServerOptions;
import org.lfm4j.server.http.Version;
import org.lfm4j.server.model.ServedModel;

/** A server's life: listen, load, answer, stop. */
final class Serving {
  private final Path directory;
  private final String name;
  private final List<String> names;
  private final LoadOptions options;
  private final ModelLoader loader;
  private final PrintWriter out;

  /** A server to be; {@code names} are what clients call the model, {@code name} is its own. */
  Serving(
      Path directory,
      String name,
      List<String> names,
      LoadOptions options,
      ModelLoader loader,
      PrintWriter out) {
    this.directory = directory;
    this.name = name;
    this.names = names;
    this.options = options;
    this.loader = loader;
    this.out = out;
  }

  /**
   * Serves until the process is asked to stop (Ctrl-C, SIGTERM) or this thread is interrupted.
   *
   * @return the status to exit with
   */
  int run(ServerOptions listening) throws InterruptedException {
    ServedModel served = new ServedModel(names, name);
    int status;
    try (Loading loading = new Loading(() -> load(served));
        Server server = Server.start(listening, served)) {
      say(
          "lfm4j %s listens on %s port %d and loads %s ..."
              .formatted(Version.NUMBER, listening.host(), server.port(), name));
      LanguageModel model = loading.await();
      try (StopSignals signals = new StopSignals(Runtime.getRuntime()::halt)) {
        served.ready(model);
        announce(model, listening, server.port());
        status = awaitStop(server, signals, listening.shutdownTimeout());
      }
    }
    say("stopped");
    return status;
  }

  /** The server ends before the model goes, so that running answers can finish. */
  private int awaitStop(Server server, StopSignals signals, Duration limit)
      throws InterruptedException {
    try (server) {
      int status = signals.await();
      say(
          "stopping: running answers have %d s left; a second signal ends them at once ..."
              .formatted(limit.toSeconds()));
      return status;
    }
  }

  private LanguageModel load(ServedModel served) {
    try {
      LanguageModel model = loader.load(directory, options, served::progress);
      served.progress("warming up");
      WarmUp.of(model);
      return model;
    } catch (RuntimeException e) {
      served.failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private void announce(LanguageModel model, ServerOptions listening, int port) {
    String host = listening.host();
    out.println(ModelSummary.of(model, name));
    say("names     " + String.join(", ", names));
    boolean everywhere = host.equals("0.0.0.0") || host.equals("::");
    say("address   %s port %d%s".formatted(host, port, everywhere ? " (all interfaces)" : ""));
    say("keys      " + keys(listening));
    say(
        String.format(
            Locale.ROOT,
            "ready in %.1f s: %s://%s:%d/v1 (Ctrl-C stops it)",
            Uptime.seconds(),
            listening.tls().isPresent() ? "https" : "http",
            everywhere ? "localhost" : host,
            port));
  }

  private static String keys(ServerOptions listening) {
    if (listening.keys().closed()) {
      return "%d, needed for everything but /health, /ping, /version%s"
          .formatted(listening.keys().size(), listening.metricsOpen() ? ", /metrics" : "");
    }
    return Loopback.is(listening.host())
        ? "none, for this machine only"
        : "NONE: everybody who can reach this address may use the model. Give --api-key-file, or --host 127.0.0.1.";
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
