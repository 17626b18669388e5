package org.lfm4j.vast.rental;

import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.VastException.Kind;

/**
 * The one way in which rentals end: up, down, sweep and the guard all come here. It destroys what
 * carries a label, and nothing else, and returns only when Vast no longer knows it. A destroy is
 * sent again only after a look shows that the instance is still there.
 *
 * <p>Of several processes that end the same rental one works and the others wait, then find nothing
 * left to do. An interrupt does not cut an ending short.
 */
public final class Ending {
  /** For so long Vast may fail, or refuse a destroy, before an ending gives up. */
  private static final Duration PATIENCE = Duration.ofMinutes(15);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(10);
  private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);
  private static final Duration UNTIL_GONE = Duration.ofMinutes(2);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);

  private final VastClient client;
  private final Timing timing;
  private final RentalStore store;
  private final Patience patience;
  private final Consumer<String> told;

  /**
   * Ends rentals through a client.
   *
   * @param told hears why an ending takes long, a line at a time
   */
  public Ending(VastClient client, Timing timing, RentalStore store, Consumer<String> told) {
    this.client = client;
    this.timing = timing;
    this.store = store;
    this.patience = new Patience(timing, PATIENCE);
    this.told = told;
  }

  /**
   * Ends a rental and forgets it. Its file says so from the first step on: whoever starts it stops.
   *
   * @return how many instances were destroyed; 0 if all were gone already
   * @throws VastException of kind {@code NOT_DESTROYED} if that can't be confirmed; it is not
   *     forgotten then
   */
  public int finish(Rental rental) {
    return Unstoppable.run(() -> {
      if (store.change(rental.label(), kept -> kept.in(Rental.Phase.ENDING)).isEmpty()) {
        store.save(rental.in(Rental.Phase.ENDING));
      }
      try (StoreLock _ = store.ending(rental.label())) {
        int destroyed = destroyAll(rental);
        store.remove(rental.label());
        return destroyed;
      }
    });
  }

  /** Ends what a rental has so far and keeps the rental: another host is to be tried. */
  int clear(Rental rental) {
    return Unstoppable.run(() -> {
      try (StoreLock _ = store.ending(rental.label())) {
        return destroyAll(rental);
      }
    });
  }

  /**
   * Ends an instance without a rental.
   *
   * @param label what it must be labelled
   * @return whether it was still there
   */
  public boolean finish(long id, String label) {
    String name = Label.isOurs(label) ? label : Long.toString(id);
    return Unstoppable.run(() -> {
      try (StoreLock _ = store.ending(name)) {
        boolean destroyed = destroy(id, label);
        store.removeLock(name);
        return destroyed;
      }
    });
  }

  private int destroyAll(Rental rental) throws InterruptedException {
    // Both clocks count, since that of the day may be set.
    Duration sure = timing.uptime().plus(Rental.ANSWERED_WITHIN).plus(Rental.SHOWS_UP_WITHIN);
    Destroyer destroyer = new Destroyer(rental.label());
    while (true) {
      // The process that starts it may have got its answer meanwhile.
      Rental latest = store.load(rental.label()).orElse(rental);
      boolean found = destroyer.destroy(rental.instance());
      found |= destroyer.destroy(latest.instance());
      for (long id : labelled(rental.label())) {
        found |= destroyer.destroy(OptionalLong.of(id));
      }
      boolean mayAppear = latest.mayAppear(timing.now()) && timing.uptime().compareTo(sure) < 0;
      if (!found && !mayAppear) {
        return destroyer.tally.result();
      }
      if (mayAppear) {
        told.accept(
            "an instance may have been asked for that Vast does not list yet; looks for %s"
                .formatted(rental.label()));
      }
      timing.sleep(BETWEEN_LOOKS);
    }
  }

  /** Destroys each instance once. */
  private final class Destroyer {
    private final String label;
    private final Set<Long> handled = new HashSet<>();
    private final Tally tally = new Tally();

    Destroyer(String label) {
      this.label = label;
    }

    /** Returns whether there was something new to destroy. */
    boolean destroy(OptionalLong id) throws InterruptedException {
      if (id.isEmpty() || !handled.add(id.getAsLong())) {
        return false;
      }
      tally.add(() -> Ending.this.destroy(id.getAsLong(), label) ? 1 : 0);
      return true;
    }
  }

  /** Returns false if the instance was gone already. */
  private boolean destroy(long id, String label) throws InterruptedException {
    Duration end = timing.uptime().plus(PATIENCE);
    Duration retry = FIRST_RETRY;
    boolean sent = false;
    while (true) {
      Optional<Instance> instance = look(id);
      if (instance.isEmpty()) {
        return sent;
      }
      requireOurs(instance.get(), label);
      String problem = "";
      try {
        sent = true;
        client.destroy(id);
      } catch (VastException e) {
        problem = String.valueOf(e.getMessage());
        if (e.kind() == Kind.AUTH) {
          throw notDestroyed(id, problem);
        }
      }
      if (gone(id, problem.isEmpty() ? UNTIL_GONE : retry)) {
        return true;
      }
      if (timing.uptime().compareTo(end) >= 0) {
        throw notDestroyed(id, problem);
      }
      told.accept(
          "instance %d is still there (%s); tries again"
              .formatted(id, problem.isEmpty() ? "it does not go away" : problem));
      retry =
          retry.multipliedBy(2).compareTo(LONGEST_RETRY) > 0
              ? LONGEST_RETRY
              : retry.multipliedBy(2);
    }
  }

  private boolean gone(long id, Duration wait) throws InterruptedException {
    Duration end = timing.uptime().plus(wait);
    while (true) {
      if (look(id).isEmpty()) {
        return true;
      }
      if (timing.uptime().compareTo(end) >= 0) {
        return false;
      }
      timing.sleep(BETWEEN_LOOKS);
    }
  }

  private Optional<Instance> look(long id) throws InterruptedException {
    try {
      return patience.ask(() -> client.instance(id));
    } catch (VastException e) {
      throw notDestroyed(id, String.valueOf(e.getMessage()));
    }
  }

  private Set<Long> labelled(String label) throws InterruptedException {
    try {
      Set<Long> ids = new LinkedHashSet<>();
      patience.ask(() -> client.labelled(label)).forEach(instance -> ids.add(instance.id()));
      return ids;
    } catch (VastException e) {
      throw new VastException(
          Kind.NOT_DESTROYED,
          "Vast does not say whether anything labelled %s is still rented (%s). Run lfm vast down %s again, or look at https://cloud.vast.ai/instances/."
              .formatted(label, e.getMessage(), label),
          e);
    }
  }

  private static void requireOurs(Instance instance, String label) {
    if (!instance.label().equals(label)) {
      throw new VastException(
          Kind.INVALID,
          "Instance %d is labelled '%s', not '%s': it is left alone. lfm vast destroy instance %d ends it all the same."
              .formatted(instance.id(), instance.label(), label, instance.id()));
    }
  }

  private static VastException notDestroyed(long id, String problem) {
    return new VastException(
        Kind.NOT_DESTROYED,
        "Instance %d may still be there, AND IS BILLED until it is destroyed (%s). Run lfm vast destroy instance %d, or end it at https://cloud.vast.ai/instances/."
            .formatted(id, problem.isEmpty() ? "it does not go away" : problem, id));
  }
}
