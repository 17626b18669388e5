package org.lfm4j.vast.rental;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.lfm4j.vast.Mask;
import org.lfm4j.vast.PrivateFiles;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.VastException.Kind;

/**
 * Rents an offer and waits until it serves. Whatever goes wrong before that, an interrupt included,
 * ends what was rented; what may be left nevertheless is still in the {@link RentalStore}.
 */
public final class Renter {
  private static final int HOSTS = 3;
  private static final int OFFERS = 20;
  private static final int KEY_LETTERS = 40;
  private static final Duration LOOK_FOR = Duration.ofMinutes(1);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);
  private static final String LOG_LINES = "2000";

  private final VastClient client;
  private final Transport transport;
  private final Timing timing;
  private final RentalStore store;
  private final Guard guard;
  private final RandomGenerator random;

  /**
   * A renter.
   *
   * @param transport reaches the servers on instances
   * @param random for labels and keys; must be secure
   */
  public Renter(
      VastClient client,
      Transport transport,
      Timing timing,
      RentalStore store,
      Guard guard,
      RandomGenerator random) {
    this.client = client;
    this.transport = transport;
    this.timing = timing;
    this.store = store;
    this.guard = guard;
    this.random = random;
  }

  /**
   * Refuses to begin what the account can't pay.
   *
   * @throws VastException of kind {@code NO_CREDIT}
   */
  public void requireCredit(Candidate candidate) throws InterruptedException {
    double credit = client.user().path("credit").asDouble(0);
    if (credit < candidate.total()) {
      throw new VastException(
          Kind.NO_CREDIT,
          "The account has $%.2f, and this would cost about $%.2f. Add credit at https://cloud.vast.ai/billing/, or plan fewer --hours."
              .formatted(credit, candidate.total()));
    }
  }

  /**
   * Rents one of these offers, best first, and waits until its server has answered a question.
   *
   * @param user whose label it gets
   * @throws VastException if none of them came up; nothing is rented then, unless its kind says so
   */
  public Rental rent(Wish wish, List<Candidate> candidates, String user, Reporter reporter)
      throws InterruptedException {
    Rental rental =
        new Rental(
            Label.fresh(user, random),
            wish.model(),
            Rental.Phase.CREATING,
            timing.now(),
            Optional.empty(),
            OptionalLong.empty(),
            "",
            0,
            0,
            Optional.empty(),
            "lfm-" + Label.letters(KEY_LETTERS, random),
            ProcessHandle.current().pid());
    Attempt attempt = new Attempt(wish, rental, new Meter(timing, reporter));
    Guard.Watch watch = guard.watch(rental.label());
    try {
      store.save(rental);
      try {
        return attempt.run(candidates);
      } finally {
        attempt.endUnlessReady();
      }
    } finally {
      watch.close();
    }
  }

  /** One call of {@link #rent}. */
  private final class Attempt {
    private final Wish wish;
    private final Meter meter;
    private final Mask mask;
    private Rental rental;

    /** Whether a create was sent whose outcome is not known: an instance may appear yet. */
    private boolean unanswered;

    Attempt(Wish wish, Rental rental, Meter meter) {
      this.wish = wish;
      this.rental = rental;
      this.meter = meter;
      this.mask = Mask.of(List.of(rental.serverKey()));
    }

    Rental run(List<Candidate> candidates) throws InterruptedException {
      Set<Long> failedMachines = new HashSet<>();
      String problem = "all offers were taken";
      int offers = 0;
      for (Candidate candidate : candidates) {
        if (failedMachines.size() >= HOSTS || offers >= OFFERS) {
          break;
        }
        long machine = candidate.offer().machineId();
        if (failedMachines.contains(machine)) {
          continue;
        }
        offers++;
        OptionalLong id = create(candidate);
        if (id.isEmpty()) {
          continue;
        }
        try {
          return start(id.getAsLong(), candidate);
        } catch (StartFailure e) {
          problem = mask.text(String.valueOf(e.getMessage()));
          meter.report(false, "gives up on this host: " + problem);
          saveLogs(id.getAsLong());
          new Ending(client, timing).end(rental, unanswered);
          if (e.everywhere()) {
            throw failed(problem);
          }
          failedMachines.add(machine);
          keep(rental.in(Rental.Phase.CREATING));
        }
      }
      if (failedMachines.isEmpty()) {
        throw new VastException(
            Kind.NO_OFFER, "Nothing was rented: %s. Search again.".formatted(problem));
      }
      throw failed(problem);
    }

    private VastException failed(String problem) {
      return new VastException(
          Kind.START_FAILED,
          "No server came up: %s. The logs are beside %s."
              .formatted(problem, store.logFile(rental.label(), 0).getParent()));
    }

    private void keep(Rental changed) {
      store.save(changed);
      rental = changed;
    }

    /** Returns the instance, or nothing if the offer is gone. */
    private OptionalLong create(Candidate candidate) throws InterruptedException {
      meter.report(
          false,
          "rents offer %d: %s in %s"
              .formatted(
                  candidate.offer().id(),
                  candidate.offer().gpuName(),
                  candidate.offer().location()));
      long id;
      boolean unansweredBefore = unanswered;
      unanswered = true;
      try {
        id =
            client
                .create(
                    candidate.offer().id(),
                    Startup.request(wish, candidate, rental.label(), rental.serverKey()))
                .path("new_contract")
                .asLong(0);
        unanswered = unansweredBefore;
      } catch (VastException e) {
        unanswered = unansweredBefore || e.kind() == Kind.AMBIGUOUS;
        if (e.kind() == Kind.OFFER_GONE) {
          meter.report(false, "the offer is gone; tries the next one");
          return OptionalLong.empty();
        }
        if (e.kind() != Kind.AMBIGUOUS) {
          throw e;
        }
        meter.report(false, "the answer was lost; looks for the instance");
        id = adopt();
      }
      if (id == 0) {
        return OptionalLong.empty();
      }
      meter.created(candidate);
      Instant ends = timing.now().plus(candidate.allowed(wish));
      keep(rental.starting(id, candidate, ends));
      return OptionalLong.of(id);
    }

    /** Returns the instance that a create without an answer made, or 0. */
    private long adopt() throws InterruptedException {
      Duration end = timing.uptime().plus(LOOK_FOR);
      while (timing.uptime().compareTo(end) < 0) {
        var found = client.labelled(rental.label());
        if (!found.isEmpty()) {
          return found.getFirst().id();
        }
        timing.sleep(BETWEEN_LOOKS);
      }
      return 0;
    }

    private Rental start(long id, Candidate candidate) throws StartFailure, InterruptedException {
      StartWatch watch = new StartWatch(client, new ServerProbe(transport), timing, meter, mask);
      URI endpoint = watch.await(id, rental.serverKey(), candidate.download());
      for (var other : client.labelled(rental.label())) {
        if (other.id() != id) {
          new Ending(client, timing).destroy(other.id(), rental.label());
        }
      }
      keep(rental.ready(endpoint));
      meter.report(true, "has answered its first question");
      return rental;
    }

    private void saveLogs(long id) throws InterruptedException {
      StringBuilder text = new StringBuilder();
      for (boolean daemon : new boolean[] {false, true}) {
        text.append(daemon ? "== host ==\n" : "== container ==\n");
        try {
          text.append(client.logs(id, Optional.of(LOG_LINES), Optional.empty(), daemon));
        } catch (VastException e) {
          text.append("not available: ").append(e.getMessage());
        }
        text.append('\n');
      }
      try {
        PrivateFiles.write(store.logFile(rental.label(), id), mask.text(text.toString()));
      } catch (IOException e) {
        meter.report(false, "can't save the logs: " + e.getMessage());
      }
    }

    /** Runs to its end even when this thread is interrupted: that is when it matters most. */
    void endUnlessReady() throws InterruptedException {
      if (rental.phase() == Rental.Phase.READY) {
        return;
      }
      boolean interrupted = Thread.interrupted();
      try {
        meter.report(false, "makes sure that nothing is left");
        new Ending(client, timing).end(rental, unanswered);
        store.remove(rental.label());
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }
  }
}
