package org.lfm4j.cli.vast;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Ending;
import org.lfm4j.vast.rental.Label;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;
import org.lfm4j.vast.rental.Tally;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lfm vast down}. */
@Command(
    name = "down",
    mixinStandardHelpOptions = true,
    description = "Ends a rental and makes sure that it ended. May be repeated.")
final class DownCommand extends Action {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "RENTAL",
      description =
          "Label, its beginning, or instance's ID, as lfm vast status lists. Default: the only one.")
  private @Nullable String name;

  @Option(names = "--all", description = "All rentals of this machine.")
  private boolean all;

  @Option(names = "--force", description = "End an instance though lfm vast up did not make it.")
  private boolean force;

  DownCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    RentalStore store = session().store();
    VastClient client = client();
    Ending ending = session().ending(client, err());
    List<Rental> rentals = new ArrayList<>();
    if (all) {
      rentals.addAll(store.all());
    } else {
      (name == null ? store.only() : store.find(name)).ifPresent(rentals::add);
    }
    try (Interruption interruption = Interruption.none(err(), this::remaining)) {
      return interruption.status(end(rentals, client, ending));
    }
  }

  private int end(List<Rental> rentals, VastClient client, Ending ending)
      throws InterruptedException {
    if (rentals.isEmpty() && name != null) {
      return unknown(name, client, ending);
    }
    if (rentals.isEmpty()) {
      out().println("Nothing is rented from here. lfm vast sweep looks for more.");
    }
    Tally tally = new Tally();
    for (Rental rental : rentals) {
      tally.add(() -> end(rental, ending));
    }
    tally.result();
    return 0;
  }

  private int end(Rental rental, Ending ending) {
    int destroyed = ending.finish(rental);
    out()
        .println(
            destroyed == 0
                ? "%s was gone already.".formatted(rental.label())
                : "%s is destroyed; Vast confirms it. It cost about %s."
                    .formatted(
                        rental.label(),
                        Money.dollars(rental.spent(session().surroundings().timing().now()))));
    out().flush();
    return destroyed;
  }

  private String remaining() {
    return session().remaining(rental -> rental.phase() == Rental.Phase.ENDING);
  }

  /** Without a state file only the label can tell whose it is. */
  private int unknown(String wanted, VastClient client, Ending ending) throws InterruptedException {
    if (!wanted.matches("\\d{1,18}")) {
      if (!Label.isOf(wanted, session().user())) {
        throw new VastException(
            VastException.Kind.NOT_FOUND,
            "Nothing here is called %s: see lfm vast status.".formatted(wanted));
      }
      List<Instance> found = client.labelled(wanted);
      for (Instance instance : found) {
        ending.finish(instance.id(), wanted);
      }
      out().println("%s: %s.".formatted(wanted, found.isEmpty() ? "gone already" : "destroyed"));
      return 0;
    }
    long id = Long.parseLong(wanted);
    Optional<Instance> instance = client.instance(id);
    if (instance.isEmpty()) {
      out().println("Instance %d is gone already.".formatted(id));
      return 0;
    }
    String label = instance.get().label();
    if (!force && !Label.isOf(label, session().user())) {
      throw new VastException(
          VastException.Kind.INVALID,
          "Instance %d is labelled '%s' and was not made by lfm vast up: --force ends it all the same."
              .formatted(id, label));
    }
    ending.finish(id, label);
    out().println("Instance %d is destroyed; Vast confirms it.".formatted(id));
    return 0;
  }
}
