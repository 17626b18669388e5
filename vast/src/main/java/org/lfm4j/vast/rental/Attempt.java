package org.lfm4j.vast.rental;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.lfm4j.vast.Mask;
import org.lfm4j.vast.PrivateFiles;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.VastException.Kind;

/** One call of {@link Renter#rent}: tries offers until a server answers. For one thread. */
final class Attempt {
  private static final int HOSTS = 3;
  private static final int OFFERS = 20;
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(5);
  private static final Duration PATIENCE = Duration.ofMinutes(15);
  private static final String LOG_LINES = "2000";

  private final VastClient client;
  private final Timing timing;
  private final RentalStore store;
  private final Wish wish;
  private final Meter meter;
  private final Mask mask;
  private final Ending ending;
  private final Patience patience;
  private final StartWatch watch;
  private Consent consent;
  private Rental rental;
  private boolean ready;

  Attempt(
      VastClient client,
      Transport transport,
      Timing timing,
      RentalStore store,
      Wish wish,
      Consent consent,
      Rental rental,
      Reporter reporter) {
    List<String> secrets = new ArrayList<>(wish.software().environment().values());
    secrets.add(rental.serverKey());
    this.client = client;
    this.timing = timing;
    this.store = store;
    this.wish = wish;
    this.consent = consent;
    this.rental = rental;
    this.mask = client.mask().with(secrets);
    this.meter =
        new Meter(
            timing,
            (elapsed, dollars, message) -> reporter.report(elapsed, dollars, mask.text(message)));
    this.ending = new Ending(client, timing, store, message -> meter.report(false, message));
    this.patience = new Patience(timing, PATIENCE);
    this.watch =
        new StartWatch(
            client, new ServerProbe(transport), timing, meter, mask, this::requireWanted);
  }

  /** Returns the rental as it serves, from the first of these offers that comes up. */
  Rental run(List<Candidate> candidates) throws InterruptedException {
    Set<Long> failedMachines = new HashSet<>();
    String problem = "all offers were taken";
    int offers = 0;
    for (Candidate offered : candidates) {
      if (failedMachines.size() >= HOSTS || offers >= OFFERS) {
        break;
      }
      long machine = offered.offer().machineId();
      if (failedMachines.contains(machine)) {
        continue;
      }
      offers++;
      requireWanted();
      Wish left = left(problem);
      Candidate candidate = Candidate.of(offered.offer(), left);
      requireFits(candidate, left, problem);
      requireConsent(offered);
      OptionalLong id = create(candidate, left);
      if (id.isEmpty()) {
        continue;
      }
      try {
        return start(id.getAsLong(), candidate);
      } catch (StartFailure e) {
        problem = mask.text(String.valueOf(e.getMessage()));
        requireWanted();
        meter.report(false, "gives up on this host: " + problem);
        saveLogs(id.getAsLong());
        ending.clear(rental);
        meter.ended();
        if (e.everywhere()) {
          throw failed(problem);
        }
        failedMachines.add(machine);
      }
    }
    if (failedMachines.isEmpty()) {
      throw new VastException(
          Kind.NO_OFFER, "Nothing was rented: %s. Search again.".formatted(problem));
    }
    throw failed(problem);
  }

  /** Ends what was rented unless it serves, whatever else happens. */
  void endUnlessReady() {
    if (!ready) {
      meter.report(false, "makes sure that nothing is left");
      ending.finish(rental);
    }
  }

  /** What earlier hosts cost counts: hours and dollars are for all of them together. */
  private Wish left(String problem) {
    return wish.after(meter.dollars(), meter.billed()).orElseThrow(() -> usedUp(problem));
  }

  private void requireFits(Candidate candidate, Wish left, String problem) {
    if (!OfferFinder.affordable(candidate, left)) {
      throw usedUp(problem);
    }
  }

  private VastException usedUp(String problem) {
    return new VastException(
        Kind.NO_CREDIT,
        "No server came up, and what is left of --hours, --budget or --max-total after $%.2f does not do for another host; the last problem: %s."
            .formatted(meter.dollars(), problem));
  }

  /** Compares prices for the same use: what earlier hosts cost in vain is up to the limits. */
  private void requireConsent(Candidate offered) {
    if (consent.covers(offered.total())) {
      return;
    }
    if (!consent.again().test(offered)) {
      throw new VastException(
          Kind.NO_OFFER,
          "The next offer costs $%.2f in total, more than %.2f times the $%.2f agreed to, and was not rented. Run lfm vast up again, or allow it with --max-total."
              .formatted(offered.total(), Consent.MOST_RISE, consent.dollars()));
    }
    consent = new Consent(offered.total(), consent.again());
  }

  private VastException failed(String problem) {
    return new VastException(
        Kind.START_FAILED,
        "No server came up: %s. The logs are beside %s."
            .formatted(problem, store.logFile(rental.label(), 0).getParent()));
  }

  /** Keeps a change unless somebody ends the rental: what is to end is then known all the same. */
  private void keep(Rental changed) {
    rental = changed;
    requireWanted(
        store.change(
            changed.label(),
            kept ->
                kept.phase() == Rental.Phase.ENDING ? changed.in(Rental.Phase.ENDING) : changed));
  }

  private void requireWanted() {
    requireWanted(store.load(rental.label()));
  }

  private static void requireWanted(Optional<Rental> kept) {
    if (kept.isEmpty() || kept.get().phase() == Rental.Phase.ENDING) {
      throw new VastException(
          Kind.START_FAILED,
          "lfm vast down, or sweep, ended this rental while it started; nothing of it is left.");
    }
  }

  /** Returns the instance, or nothing if the offer is gone. */
  private OptionalLong create(Candidate candidate, Wish left) throws InterruptedException {
    meter.report(
        false,
        "rents offer %d: %s in %s"
            .formatted(
                candidate.offer().id(), candidate.offer().gpuName(), candidate.offer().location()));
    OptionalLong id;
    try {
      // Only a refusal of calls that come too fast counts as unreachable: it had no effect.
      id = OptionalLong.of(patience.ask(() -> askFor(candidate, left)));
    } catch (VastException e) {
      if (e.kind() == Kind.AMBIGUOUS) {
        meter.report(false, "the answer was lost; looks for the instance");
        id = adopt();
      } else {
        keep(rental.unanswered(Optional.empty()));
        if (e.kind() != Kind.OFFER_GONE) {
          throw e;
        }
        meter.report(false, "the offer is gone; tries the next one");
        id = OptionalLong.empty();
      }
    } catch (InterruptedException e) {
      lost();
      throw e;
    }
    if (id.isPresent()) {
      meter.created(candidate);
      Instant ends = timing.now().plus(candidate.allowed(left));
      keep(rental.starting(id.getAsLong(), ends));
    }
    return id;
  }

  private long askFor(Candidate candidate, Wish left) throws InterruptedException {
    keep(rental.asking(candidate, timing.now()));
    long id =
        client
            .create(
                candidate.offer().id(),
                Startup.request(left, candidate, rental.label(), rental.serverKey()))
            .path("new_contract")
            .asLong(0);
    if (id == 0) {
      throw new VastException(Kind.AMBIGUOUS, "Vast does not say which instance it made.");
    }
    return id;
  }

  /** Returns the instance that a create without an answer made; nothing once that is sure. */
  private OptionalLong adopt() throws InterruptedException {
    lost();
    requireWanted();
    Duration sure = timing.uptime().plus(Rental.SHOWS_UP_WITHIN);
    while (true) {
      boolean last = timing.uptime().compareTo(sure) >= 0;
      var found = patience.ask(() -> client.labelled(rental.label()));
      if (!found.isEmpty()) {
        return OptionalLong.of(found.getFirst().id());
      }
      if (last) {
        keep(rental.unanswered(Optional.empty()));
        return OptionalLong.empty();
      }
      requireWanted();
      timing.sleep(BETWEEN_LOOKS);
    }
  }

  /** The call is over, but its outcome is not known. */
  private void lost() {
    rental = rental.unanswered(Optional.of(timing.now().plus(Rental.SHOWS_UP_WITHIN)));
    store.change(rental.label(), kept -> kept.unanswered(rental.unansweredUntil()));
  }

  private Rental start(long id, Candidate candidate) throws StartFailure, InterruptedException {
    URI endpoint = watch.await(id, rental.serverKey(), candidate);
    endOthers(id);
    keep(rental.ready(endpoint));
    ready = true;
    meter.report(true, "has answered its first question");
    return rental;
  }

  /** There should be none. If Vast does not say, {@code sweep} and {@code status} look again. */
  private void endOthers(long id) throws InterruptedException {
    try {
      for (var other : client.labelled(rental.label())) {
        if (other.id() != id) {
          ending.finish(other.id(), rental.label());
        }
      }
    } catch (VastException e) {
      if (e.kind() != Kind.UNREACHABLE) {
        throw e;
      }
    }
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
}
