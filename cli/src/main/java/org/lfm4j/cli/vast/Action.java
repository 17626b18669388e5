package org.lfm4j.cli.vast;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.lfm4j.vast.Mask;
import org.lfm4j.vast.QueryException;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** A command under {@code lfm vast}: errors become one line and an exit status. */
abstract class Action implements Callable<Integer> {
  private final Session session;

  @Spec private CommandSpec spec = CommandSpec.create();

  Action(Session session) {
    this.session = session;
  }

  /** Does it; returns the exit status. */
  abstract int run() throws InterruptedException;

  @Override
  public final Integer call() {
    try {
      return run();
    } catch (VastException e) {
      return explain(e);
    } catch (QueryException e) {
      err().println("lfm vast: " + e.getMessage());
      return Exit.USAGE;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      err().println("lfm vast: interrupted");
      return Exit.INTERRUPTED;
    } finally {
      out().flush();
      err().flush();
    }
  }

  /** Says what is wrong, at once; returns the exit status. */
  final int explain(VastException e) {
    err().println("lfm vast: " + e.getMessage());
    err().flush();
    return Exit.of(e.kind());
  }

  final Session session() {
    return session;
  }

  final VastClient client() {
    return session.client();
  }

  final PrintWriter out() {
    return spec.commandLine().getOut();
  }

  final PrintWriter err() {
    return spec.commandLine().getErr();
  }

  /** Prints JSON without the secrets in it. */
  final void printJson(JsonNode json, Mask mask) {
    out().println(mask.json(json).toPrettyString());
  }
}
