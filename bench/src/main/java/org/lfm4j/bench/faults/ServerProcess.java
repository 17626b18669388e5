package org.lfm4j.bench.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A server in a process of its own, with a heap of 1 GiB. */
final class ServerProcess implements AutoCloseable {
  private static final Pattern READY = Pattern.compile("ready in .*: http://\\S+:(\\d+)/v1");
  private static final Pattern HEAP_USED =
      Pattern.compile("(?:PSYoungGen|ParOldGen).* used (\\d+)K");
  private static final Pattern RSS = Pattern.compile("VmRSS:\\s+(\\d+) kB");

  /** What the process holds after a garbage collection. */
  record Held(long heapMib, long rssMib, long files) {
    @Override
    public String toString() {
      return "%d / %d MiB, %d files".formatted(heapMib, rssMib, files);
    }
  }

  private final Process process;
  private final int port;

  private ServerProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts a server on a free port of the loopback interface and waits until it is ready. */
  static ServerProcess start(List<String> command, List<String> flags) throws IOException {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of("--host", "127.0.0.1", "--port", "0"));
    all.addAll(flags);
    ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Xmx1g");
    Process process = builder.start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher ready = READY.matcher(line);
      if (ready.find()) {
        Thread.ofVirtual().start(() -> drain(out));
        return new ServerProcess(process, Integer.parseInt(ready.group(1)));
      }
    }
    throw new IOException("the server ended before it was ready");
  }

  private static void drain(BufferedReader out) {
    try {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.contains("SEVERE") || line.contains("Exception")) {
          System.err.println("server: " + line);
        }
      }
    } catch (IOException e) {
      // The process has ended.
    }
  }

  int port() {
    return port;
  }

  /** Collects garbage and looks at what is left. */
  Held held() throws IOException, InterruptedException {
    jcmd("GC.run");
    return new Held(
        HEAP_USED
                .matcher(jcmd("GC.heap_info"))
                .results()
                .mapToLong(used -> Long.parseLong(used.group(1)))
                .sum()
            >> 10,
        rssMib(),
        files());
  }

  private String jcmd(String what) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(process.pid()),
                what)
            .start();
    String output = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    jcmd.waitFor();
    return output;
  }

  private long rssMib() throws IOException {
    Matcher rss = RSS.matcher(Files.readString(Path.of("/proc/" + process.pid() + "/status")));
    return rss.find() ? Long.parseLong(rss.group(1)) >> 10 : 0;
  }

  private long files() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      return files.count();
    }
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Waits for the end and returns the status; -1 if it doesn't come within a minute. */
  int awaitEnd() throws InterruptedException {
    return process.waitFor(60, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
