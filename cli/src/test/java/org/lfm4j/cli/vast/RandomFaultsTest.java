package org.lfm4j.cli.vast;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.vast.ApiKey;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.VastException.Kind;
import org.lfm4j.vast.rental.Candidate;
import org.lfm4j.vast.rental.Consent;
import org.lfm4j.vast.rental.Ending;
import org.lfm4j.vast.rental.Guard;
import org.lfm4j.vast.rental.OfferFinder;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;
import org.lfm4j.vast.rental.Renter;
import org.lfm4j.vast.rental.Sweeper;
import org.lfm4j.vast.rental.Wish;

/**
 * Rentals in a world where everything fails at times, and the client is killed at any step.
 * Whatever happens: nothing of ours is left billing, nothing is destroyed twice, nobody else's is
 * touched.
 */
class RandomFaultsTest {
  private static final int SEEDS = 100;
  private static final int FOREIGN = 30;
  private static final String USER = "tester";

  @TempDir Path directory;

  private final Set<Kind> kinds = EnumSet.noneOf(Kind.class);

  /** What became of a run. */
  private enum Outcome {
    READY,
    REFUSED,
    KILLED
  }

  @Test
  void nothingIsLeftWhateverHappens() throws Exception {
    Set<Outcome> seen = EnumSet.noneOf(Outcome.class);
    for (int seed = 0; seed < SEEDS; seed++) {
      try {
        seen.add(new World(seed).run());
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
      }
    }
    assertThat(seen).containsExactlyInAnyOrder(Outcome.values());
    assertThat(kinds).contains(Kind.START_FAILED, Kind.NO_CREDIT);
  }

  private final class World {
    private final Random random;
    private final VirtualTiming timing;
    private final VastStandIn vast;
    private final RentalStore store;

    World(int seed) {
      random = new Random(seed);
      timing = new VirtualTiming(Duration.ofHours(random.nextInt(48) - 24));
      double rate = List.of(0.0, 0.03, 0.1, 0.25).get(seed % 4);
      Faults faults = new Faults(random, rate);
      Duration limit = Duration.ofHours(3);
      vast =
          new VastStandIn(timing, faults, body -> new SimulatedHost(faults.fate(), random, limit));
      if (random.nextInt(8) == 0) {
        vast.credit = random.nextDouble() / 5;
      }
      store = new RentalStore(directory.resolve("seed-" + seed));
      for (int i = 0; i < FOREIGN; i++) {
        vast.addForeign(
            List.of("", "mine", "lfm-other-abcdefghij", "lfm-tester", "lfm-tester-x").get(i % 5));
      }
    }

    Outcome run() throws InterruptedException {
      KillSwitch kill = new KillSwitch(random.nextInt(3) == 0 ? random.nextInt(150) : 1_000_000);
      Outcome outcome = rent(kill);
      if (random.nextBoolean()) {
        // The laptop is shut: what runs must end itself.
        timing.sleep(Duration.ofHours(4));
        assertThat(vast.running()).isEmpty();
      } else {
        for (Rental rental : store.all()) {
          end(rental);
        }
      }
      sweep();
      assertThat(vast.billedToUs()).isEmpty();
      assertThat(vast.violations).isEmpty();
      assertThat(vast.foreign()).isEqualTo(FOREIGN);
      return outcome;
    }

    private Outcome rent(KillSwitch kill) throws InterruptedException {
      Transport transport = kill.over(vast);
      Timing clocks = kill.over(timing);
      VastClient client = client(transport, clocks);
      try {
        Renter renter =
            new Renter(client, transport, clocks, store, Guard.NONE, new Random(random.nextLong()));
        List<Candidate> candidates = new OfferFinder(client).find(Wishes.large());
        Rental rental =
            renter.rent(
                Wishes.large(),
                candidates,
                new Consent(candidates.getFirst().total(), dearer -> true),
                USER,
                (elapsed, dollars, message) -> {
                  assertThat(dollars).isBetween(0.0, 60.0);
                  assertThat(message).doesNotContain("Bearer");
                });
        assertThat(rental.phase()).isEqualTo(Rental.Phase.READY);
        assertThat(vast.billedToUs()).containsExactly(rental.label());
        assertThat(vast.tooFast).isZero();
        return Outcome.READY;
      } catch (VastException e) {
        kinds.add(e.kind());
        assertThat(e.kind()).isNotIn(Kind.INVALID, Kind.NOT_FOUND, Kind.AUTH);
        if (e.kind() != Kind.NOT_DESTROYED) {
          assertThat(vast.billedToUs()).isEmpty();
          assertThat(store.all()).isEmpty();
        }
        return Outcome.REFUSED;
      } catch (KillSwitch.Killed e) {
        return Outcome.KILLED;
      }
    }

    /** What the guard does after a kill, and {@code down} otherwise; it may be killed too. */
    private void end(Rental rental) throws InterruptedException {
      KillSwitch kill = new KillSwitch(random.nextInt(3) == 0 ? random.nextInt(12) : 1_000_000);
      Transport transport = kill.over(vast);
      Timing clocks = kill.over(timing);
      for (int attempt = 0; attempt < 20; attempt++) {
        try {
          new Ending(client(transport, clocks), clocks, store, line -> {}).finish(rental);
          return;
        } catch (KillSwitch.Killed e) {
          return;
        } catch (VastException e) {
          assertThat(e.kind()).isEqualTo(Kind.NOT_DESTROYED);
        }
      }
    }

    private void sweep() throws InterruptedException {
      for (int attempt = 0; attempt < 20; attempt++) {
        try {
          Sweeper sweeper =
              new Sweeper(client(vast, timing), timing, store, rental -> false, line -> {});
          List<Instance> orphans = sweeper.orphans(USER);
          sweeper.sweep(orphans);
          assertThat(store.all()).isEmpty();
          return;
        } catch (VastException e) {
          assertThat(e.kind()).isIn(Kind.NOT_DESTROYED, Kind.UNREACHABLE);
        }
      }
    }

    private VastClient client(Transport transport, Timing clocks) {
      return new VastClient(
          URI.create("https://vast.test"),
          List.of(ApiKey.of("testkey-0123456789", "VAST_API_KEY")),
          transport,
          clocks);
    }
  }

  /** Wishes that the tests share. */
  static final class Wishes {
    private Wishes() {}

    static Wish large() {
      return new Wish(
          "LiquidAI/LFM2-24B-A2B",
          47.7,
          60,
          Optional.empty(),
          List.of(),
          false,
          2,
          30,
          Wish.Caps.NONE,
          new Wish.Software(
              "nvidia/cuda:12.8.1-runtime-ubuntu24.04",
              3,
              "https://files.test/lfm4j.tar.gz",
              "0".repeat(64),
              "",
              Map.of(),
              "https://vast.test"));
    }
  }
}
