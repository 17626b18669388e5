package org.lfm4j.cli.vast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/** An instance that is a local process: it runs the script that a create brought. */
final class ProcessHost implements Host {
  private final int port;
  private final Process process;

  /**
   * Starts the instance.
   *
   * @param create body of the create, with the instance's id
   * @param directory stands for the instance's disk
   * @param more further variables
   */
  ProcessHost(ObjectNode create, Path directory, Map<String, String> more) {
    try {
      port = freePort();
      Path script = directory.resolve("onstart.sh");
      Files.createDirectories(directory);
      Files.writeString(script, create.path("onstart").stringValue());
      Files.createFile(directory.resolve("log"));
      ProcessBuilder builder = new ProcessBuilder("bash", script.toString());
      Map<String, String> variables = builder.environment();
      create
          .path("env")
          .forEachEntry((name, value) -> {
            if (!name.startsWith("-")) {
              variables.put(name, value.stringValue());
            }
          });
      variables.put("CONTAINER_ID", create.path("id").asString(""));
      variables.put("CONTAINER_API_KEY", "instance-key-0123456789");
      variables.put("RENTAL_HOME", directory.resolve("opt").toString());
      variables.put("RENTAL_STATE", directory.resolve("state").toString());
      variables.put("RENTAL_LOG", directory.resolve("log").toString());
      variables.put("RENTAL_PORT", Integer.toString(port));
      variables.put("RENTAL_TICK", "1");
      variables.putAll(more);
      process =
          builder
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("out").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  boolean alive() {
    return process.isAlive();
  }

  @Override
  public void describe(ObjectNode instance, Duration age) {
    instance.put("intended_status", "running").put("actual_status", "running");
    instance.put("public_ipaddr", "127.0.0.1");
    instance
        .putObject("ports")
        .putArray("8000/tcp")
        .addObject()
        .put("HostIp", "0.0.0.0")
        .put("HostPort", Integer.toString(port));
  }

  @Override
  public boolean endsItself(Duration age) {
    return false;
  }

  @Override
  public boolean listensOn(int asked) {
    return asked == port;
  }

  /** Ends the script and all that it started. */
  @Override
  public void stop() {
    try (Stream<ProcessHandle> children = process.descendants()) {
      Stream.concat(Stream.of(process.toHandle()), children.toList().stream())
          .forEach(ProcessHandle::destroyForcibly);
      process.waitFor(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
