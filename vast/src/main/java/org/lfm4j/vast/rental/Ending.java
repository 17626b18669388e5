package org.lfm4j.vast.rental;

import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.VastException.Kind;

/**
 * Destroys what carries a label, and nothing else, and returns only when Vast no longer knows it. A
 * destroy is sent again only after a look shows that the instance is still there.
 */
public final class Ending {
  private static final int TRIES = 12;
  private static final int LOOKS = 30;
  private static final Duration BETWEEN_TRIES = Duration.ofSeconds(10);
  private static final Duration UNTIL_GONE = Duration.ofMinutes(2);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);

  /** An instance whose creation was not answered has shown up by then. */
  private static final Duration UNTIL_SETTLED = Duration.ofSeconds(90);

  private final VastClient client;
  private final Timing timing;

  /** Ends rentals through a client. */
  public Ending(VastClient client, Timing timing) {
    this.client = client;
    this.timing = timing;
  }

  /** Ends a rental of which nothing but its file is known. */
  public int end(Rental rental) throws InterruptedException {
    return end(rental, rental.phase() == Rental.Phase.CREATING);
  }

  /**
   * Ends a rental.
   *
   * @param mayAppear whether an instance may have been asked for that Vast does not list yet
   * @return how many instances were destroyed; 0 if all were gone already
   * @throws VastException of kind {@code NOT_DESTROYED} if that can't be confirmed
   */
  public int end(Rental rental, boolean mayAppear) throws InterruptedException {
    int destroyed = 0;
    Duration settled = timing.uptime().plus(UNTIL_SETTLED);
    if (rental.instance().isPresent() && destroy(rental.instance().getAsLong(), rental.label())) {
      destroyed++;
    }
    while (true) {
      Set<Long> ids = labelled(rental.label());
      for (long id : ids) {
        destroyed += destroy(id, rental.label()) ? 1 : 0;
      }
      boolean waited = timing.uptime().compareTo(settled) >= 0;
      if (ids.isEmpty() && (!mayAppear || waited)) {
        return destroyed;
      }
      timing.sleep(BETWEEN_LOOKS);
    }
  }

  /**
   * Destroys one instance.
   *
   * @param label what it must be labelled
   * @return false if it was gone already
   */
  public boolean destroy(long id, String label) throws InterruptedException {
    String problem = "";
    for (int attempt = 0; attempt < TRIES; attempt++) {
      Optional<Instance> instance = look(id);
      if (instance.isEmpty()) {
        return attempt > 0;
      }
      requireOurs(instance.get(), label);
      try {
        client.destroy(id);
      } catch (VastException e) {
        if (e.kind() == Kind.AUTH) {
          throw notDestroyed(id, String.valueOf(e.getMessage()));
        }
        problem = String.valueOf(e.getMessage());
      }
      if (gone(id, problem.isEmpty() ? UNTIL_GONE : BETWEEN_TRIES)) {
        return true;
      }
    }
    throw notDestroyed(id, problem);
  }

  private boolean gone(long id, Duration patience) throws InterruptedException {
    Duration end = timing.uptime().plus(patience);
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
      return patiently(() -> client.instance(id));
    } catch (VastException e) {
      throw notDestroyed(id, String.valueOf(e.getMessage()));
    }
  }

  private Set<Long> labelled(String label) throws InterruptedException {
    try {
      Set<Long> ids = new LinkedHashSet<>();
      patiently(() -> client.labelled(label)).forEach(instance -> ids.add(instance.id()));
      return ids;
    } catch (VastException e) {
      throw new VastException(
          Kind.NOT_DESTROYED,
          "Vast does not say whether anything labelled %s is still rented (%s). Run lfm vast down %s again, or look at https://cloud.vast.ai/instances/."
              .formatted(label, e.getMessage(), label),
          e);
    }
  }

  private interface Look<T> {
    T look() throws InterruptedException;
  }

  /** A service that is down for minutes must not leave an instance behind. */
  private <T> T patiently(Look<T> look) throws InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return look.look();
      } catch (VastException e) {
        if (e.kind() != Kind.UNREACHABLE || attempt >= LOOKS) {
          throw e;
        }
        timing.sleep(BETWEEN_TRIES);
      }
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
