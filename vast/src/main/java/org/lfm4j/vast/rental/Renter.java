package org.lfm4j.vast.rental;

import java.util.List;
import java.util.random.RandomGenerator;
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
  private static final int KEY_LETTERS = 40;

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
   * @param consent what may be spent in total; dearer offers need another
   * @param user whose label it gets
   * @throws VastException if none of them came up; nothing is rented then, unless its kind says so
   */
  public Rental rent(
      Wish wish, List<Candidate> candidates, Consent consent, String user, Reporter reporter)
      throws InterruptedException {
    Rental rental =
        Rental.fresh(
            Label.fresh(user, random),
            wish.model(),
            "lfm-" + Label.letters(KEY_LETTERS, random),
            timing.now());
    Attempt attempt =
        new Attempt(client, transport, timing, store, wish, consent, rental, reporter);
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
}
