package org.lfm4j.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.Server;
import org.lfm4j.server.ServerConfig;
import org.lfm4j.server.model.ServedModel;

/** A server's life: listen, load, answer, stop. */
final class Serving {
  private final Path directory;
  private final String name;
  private final List<String> names;
  private final LoadOptions options;
  private final ModelLoader loader;
  private final PrintWriter out;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final CountDownLatch stopped = new CountDownLatch(1);

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

  /** Serves until the process is asked to stop (Ctrl-C, SIGTERM) or this thread is interrupted. */
  int run(String host, int port, ServerConfig config) throws InterruptedException {
    try {
      serve(host, port, config);
      say("stopped");
      return 0;
    } finally {
      stopped.countDown();
    }
  }

  private void serve(String host, int port, ServerConfig config) throws InterruptedException {
    ServedModel served = new ServedModel(names, name);
    try (Server server = Server.start(host, port, served, config)) {
      say(
          "lfm4j %s listens on %s port %d and loads %s ..."
              .formatted(Server.VERSION, host, server.port(), name));
      try (LanguageModel model = load(served)) {
        Runtime.getRuntime().addShutdownHook(new Thread(this::stopAndWait, "lfm-stop"));
        served.ready(model);
        announce(model, host, server.port());
        awaitStop(server);
      }
    }
  }

  /** The server ends before the model goes, so that running answers can finish. */
  private void awaitStop(Server server) throws InterruptedException {
    try (server) {
      stop.await();
      say("stopping: running answers have a few seconds left ...");
    }
  }

  private LanguageModel load(ServedModel served) {
    try {
      return loader.load(directory, options, served::progress);
    } catch (RuntimeException e) {
      served.failed(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private void announce(LanguageModel model, String host, int port) {
    out.println(ModelSummary.of(model, name));
    say("names     " + String.join(", ", names));
    boolean everywhere = host.equals("0.0.0.0") || host.equals("::");
    say("address   %s port %d%s".formatted(host, port, everywhere ? " (all interfaces)" : ""));
    say(
        String.format(
            Locale.ROOT,
            "ready in %.1f s: http://%s:%d/v1 (Ctrl-C stops it)",
            Uptime.seconds(),
            everywhere ? "localhost" : host,
            port));
  }

  /** On a signal the JVM runs its hooks and halts: this one lets {@link #run} end before. */
  private void stopAndWait() {
    stop.countDown();
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }
}
