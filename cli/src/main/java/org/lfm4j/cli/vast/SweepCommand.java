package org.lfm4j.cli.vast;

import java.util.List;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Sweeper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code lfm vast sweep}. */
@Command(
    name = "sweep",
    mixinStandardHelpOptions = true,
    description = {
      "Finds what was left behind, by its label, and destroys it if you say so.",
      "Rentals of yours that were made on another machine are listed too: look before you answer."
    })
final class SweepCommand extends Action {
  @Option(
      names = {"-y", "--yes"},
      description = "Destroy without asking.")
  private boolean yes;

  @Option(names = "--dry-run", description = "Only list.")
  private boolean dryRun;

  SweepCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    Session session = session();
    Sweeper sweeper =
        new Sweeper(
            client(),
            session.surroundings().timing(),
            session.store(),
            Session::started,
            line -> Session.tell(err(), line));
    List<Instance> orphans = sweeper.orphans(session.user());
    if (session.raw()) {
      var list = JsonNodeFactory.instance.arrayNode();
      orphans.forEach(orphan -> list.add(orphan.id()));
      out().println(list);
    } else if (orphans.isEmpty()) {
      out().println("Nothing was left behind.");
    } else {
      out().println(ShowInstancesCommand.table(orphans, session.surroundings().timing().now()));
      out().flush();
    }
    if (dryRun) {
      return 0;
    }
    if (!orphans.isEmpty() && !yes) {
      err().print("Destroy them? [y/N] ");
      err().flush();
      if (!session.ask().matches("(?i)y|yes")) {
        throw new VastException(
            VastException.Kind.NOT_DESTROYED,
            "Nothing was destroyed, and all of it goes on being billed. Answer y, or give -y.");
      }
    }
    try (Interruption interruption = Interruption.none(err(), this::remaining)) {
      int destroyed = sweeper.sweep(orphans);
      if (destroyed > 0 && !session.raw()) {
        out().println("%d destroyed; Vast confirms it.".formatted(destroyed));
      }
      return interruption.status(0);
    }
  }

  private String remaining() {
    return "Run lfm vast sweep again if you kill this process.";
  }
}
