package org.lfm4j.bench.faults;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/**
 * Puts a server with the demo model through load and faults. After each it asks one question alone
 * and looks at the memory held after a garbage collection.
 *
 * <p>Usage: {@code FaultBench ./lfm serve}. Prints a table in Markdown; words in capitals in its
 * second column are failures.
 */
public final class FaultBench {
  private final PrintStream out = System.out;
  private final List<String> command;

  private FaultBench(List<String> command) {
    this.command = command;
  }

  /** Runs them all. */
  public static void main(String[] args) throws Exception {
    new FaultBench(List.of(args)).run();
  }

  private void run() throws Exception {
    out.println("| what | what became of it | seconds | then, alone | heap / resident, files |");
    out.println("|---|---|---:|---|---|");
    List<String> patience =
        List.of(
            "--slow-reader-timeout",
            "5",
            "--slow-request-timeout",
            "5",
            "--shutdown-timeout",
            "10");
    try (ServerProcess server = ServerProcess.start(command, patience)) {
      Faults faults = new Faults(server.port());
      row(server, faults, "nothing yet", () -> "");
      row(server, faults, "2,000 streams at once", () -> faults.crowd(2000));
      row(server, faults, "the same again", () -> faults.crowd(2000));
      row(server, faults, "1,000 clients leave", () -> faults.disconnects(1000));
      row(server, faults, "100 clients read nothing", () -> faults.slowReaders(100));
      row(server, faults, "3,000 damaged bodies", () -> faults.malformed(3000));
      row(server, faults, "50 prompts of 1 MB", () -> faults.longPrompts(50));
      row(server, faults, "200 floods of headers, 1 MB each", () -> faults.headerFloods(200));
      row(server, faults, "500 requests never finished", () -> faults.unfinished(500));
      row(server, faults, "2,000 streams once more", () -> faults.crowd(2000));
      long begun = System.nanoTime();
      String outcome = faults.terminated(60, server);
      int status = server.awaitEnd();
      print("SIGTERM with 60 streams", outcome, begun, "exit status " + status, "");
    }
    List<String> small = List.of("--max-num-seqs", "32", "--max-num-queued-reqs", "160");
    try (ServerProcess server = ServerProcess.start(command, small)) {
      Faults faults = new Faults(server.port());
      row(server, faults, "1,920 at once where 192 fit", () -> faults.crowd(1920));
    }
  }

  private void row(ServerProcess server, Faults faults, String what, Callable<String> fault)
      throws Exception {
    long begun = System.nanoTime();
    String outcome = fault.call();
    print(what, outcome, begun, faults.alone(), server.held().toString());
  }

  private void print(String what, String outcome, long begun, String then, String held) {
    out.println(
        String.format(
            Locale.ROOT,
            "| %s | %s | %.1f | %s | %s |",
            what,
            outcome,
            (System.nanoTime() - begun) / 1e9,
            then,
            held));
    out.flush();
  }
}
