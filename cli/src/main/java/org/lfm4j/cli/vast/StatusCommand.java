package org.lfm4j.cli.vast;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Rental;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code lfm vast status}. */
@Command(
    name = "status",
    aliases = "list",
    mixinStandardHelpOptions = true,
    description = "Shows what lfm vast up rented from here: state, cost so far, address, end.")
final class StatusCommand extends Action {
  StatusCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    List<Rental> rentals = session().store().all();
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    Table table =
        new Table("rental", "state", "model", "GPU", "$/h", "spent", "ends in", "address");
    if (!rentals.isEmpty()) {
      VastClient client = client();
      Instant now = session().surroundings().timing().now();
      for (Rental rental : rentals) {
        String state = state(rental, client);
        list.add(
            new RentalReport(rental)
                .json()
                .put("state", state)
                .put("spent_dollars", rental.spent(now)));
        table.add(
            rental.label(),
            state,
            rental.model(),
            rental.gpu(),
            Money.dollars(rental.dollarsPerHour()),
            Money.dollars(rental.spent(now)),
            rental.deadline().map(end -> left(now, end)).orElse("-"),
            rental.endpoint().map(String::valueOf).orElse("-"));
      }
    }
    if (session().raw()) {
      out().println(list.toPrettyString());
    } else {
      out().println(rentals.isEmpty() ? "Nothing is rented from here." : table.toString());
    }
    return 0;
  }

  /** One answer that does not come must not hide the other rentals. */
  private String state(Rental rental, VastClient client) throws InterruptedException {
    try {
      return rental.instance().isPresent() ? running(rental, client) : unanswered(rental, client);
    } catch (VastException e) {
      if (e.kind() != VastException.Kind.UNREACHABLE) {
        throw e;
      }
      Session.tell(err(), "%s: %s".formatted(rental.label(), e.getMessage()));
      return "unknown";
    }
  }

  /**
   * A create without an answer is looked for by its label until it is sure that it made nothing.
   */
  private String unanswered(Rental rental, VastClient client) throws InterruptedException {
    List<Instance> found = client.labelled(rental.label());
    boolean starts = rental.phase() != Rental.Phase.ENDING && Session.started(rental);
    if (found.isEmpty()) {
      Instant now = session().surroundings().timing().now();
      return starts || rental.mayAppear(now) ? "asked for" : "nothing there";
    }
    if (starts) {
      return "starting";
    }
    session().store().change(rental.label(), kept -> kept.found(found.getFirst().id()));
    return "left behind";
  }

  private static String running(Rental rental, VastClient client) throws InterruptedException {
    Optional<Instance> instance = client.instance(rental.instance().getAsLong());
    if (instance.isEmpty()) {
      return "gone";
    }
    String status = instance.get().status();
    return rental.phase() == Rental.Phase.READY && status.equals("running")
        ? "serves"
        : status.isEmpty() ? "scheduled" : status;
  }

  private static String left(Instant now, Instant end) {
    Duration left = Duration.between(now, end);
    return left.isNegative() ? "over" : "%d:%02d h".formatted(left.toHours(), left.toMinutesPart());
  }
}
