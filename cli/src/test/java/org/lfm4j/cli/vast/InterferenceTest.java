package org.lfm4j.cli.vast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.cli.vast.SimulatedHost.Fate;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;

/** What others do while {@code up} works: interrupts, {@code down}, outages, rising prices. */
@Timeout(120)
class InterferenceTest {
  private static final String UP =
      "up lfm2-demo -y --dist-url https://files.test/x --dist-sha256 " + "0".repeat(64);

  private final VirtualTiming timing = new VirtualTiming();
  private Fate fate = Fate.GOOD;
  private final VastStandIn vast =
      new VastStandIn(
          timing,
          Faults.none(),
          create -> new SimulatedHost(fate, new Random(3), Duration.ofHours(9)));
  private Transport transport = vast;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir Path home;

  /** Like the real one, this wait ends when the thread is interrupted. */
  private final Timing interruptible =
      new Timing() {
        @Override
        public Duration uptime() {
          return timing.uptime();
        }

        @Override
        public Instant now() {
          return timing.now();
        }

        @Override
        public void sleep(Duration duration) throws InterruptedException {
          if (Thread.interrupted()) {
            throw new InterruptedException();
          }
          timing.sleep(duration);
        }
      };

  private int lfm(String words) {
    return lfm(words, "");
  }

  private int lfm(String words, String answers) {
    return VastCommands.commandLine(
            new Surroundings(
                Map.of(
                    "VAST_URL",
                    "https://vast.test",
                    "VAST_API_KEY",
                    "testkey-0123456789",
                    "USER",
                    "tester"),
                home,
                new BufferedReader(new StringReader(answers)),
                interruptible,
                () -> transport,
                false))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words.split(" "));
  }

  private RentalStore store() {
    return new RentalStore(RentalStore.directory(Map.of(), home));
  }

  private interface Interference {
    void happen(Transport.Call call) throws IOException, InterruptedException;
  }

  private static boolean creates(Transport.Call call) {
    return call.uri().getPath().startsWith("/api/v0/asks/");
  }

  private static boolean destroys(Transport.Call call) {
    return call.method().equals("DELETE");
  }

  private static boolean looks(Transport.Call call) {
    return call.method().equals("GET") && call.uri().getPath().startsWith("/api/v0/instances/");
  }

  private void before(Interference interference) {
    transport =
        call -> {
          interference.happen(call);
          return vast.send(call);
        };
  }

  @Test
  void anInterruptDuringTheCleanUpDoesNotStopIt() {
    fate = Fate.IMAGE_ERROR;
    Thread up = Thread.currentThread();
    before(call -> {
      if (destroys(call)) {
        up.interrupt();
      }
    });
    int status = lfm(UP);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(status).as(err.toString()).isIn(Exit.INTERRUPTED, 6);
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(store().all()).isEmpty();
    assertThat(vast.violations).isEmpty();
  }

  @Test
  void anInterruptDuringACreateStillFindsWhatItMade() {
    Thread up = Thread.currentThread();
    transport =
        call -> {
          Transport.Reply reply = vast.send(call);
          if (creates(call)) {
            up.interrupt();
            throw new InterruptedException();
          }
          return reply;
        };
    assertThat(lfm(UP)).isEqualTo(Exit.INTERRUPTED);
    Thread.interrupted();
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(store().all()).isEmpty();
  }

  @Test
  void downWhileUpWaitsEndsBothAndRentsNoOther() {
    AtomicInteger creates = new AtomicInteger();
    AtomicInteger looks = new AtomicInteger();
    before(call -> {
      creates.addAndGet(creates(call) ? 1 : 0);
      if (looks(call) && looks.incrementAndGet() == 3) {
        transport = vast;
        assertThat(lfm("down")).as(err.toString()).isZero();
      }
    });
    assertThat(lfm(UP)).isEqualTo(6);
    assertThat(err.toString()).contains("lfm vast down, or sweep, ended this rental");
    assertThat(creates).hasValue(1);
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(store().all()).isEmpty();
    assertThat(vast.violations).isEmpty();
  }

  @Test
  void downWhileACreateIsOnItsWayLeavesNothingBehind() throws Exception {
    before(call -> {
      if (creates(call)) {
        transport = vast;
        // The whole of down, while the create has not yet reached Vast.
        assertThat(lfm("down")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("was gone already");
      }
    });
    assertThat(lfm(UP)).isEqualTo(6);
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(store().all()).isEmpty();
    assertThat(vast.violations).isEmpty();
  }

  @Test
  void twoThatEndTheSameRentalDestroyItOnce() throws Exception {
    assertThat(lfm(UP)).isZero();
    AtomicInteger destroys = new AtomicInteger();
    Thread[] other = new Thread[1];
    before(call -> {
      if (destroys(call) && destroys.incrementAndGet() == 1) {
        Thread second = new Thread(() -> lfm("down"));
        other[0] = second;
        second.start();
        // It waits for the first one's lock, or would by now have looked and destroyed too.
        while (second.getState() != Thread.State.WAITING && destroys.get() == 1) {
          Thread.onSpinWait();
        }
      }
    });
    assertThat(lfm("down")).isZero();
    other[0].join();
    assertThat(destroys).hasValue(1);
    assertThat(vast.violations).isEmpty();
    assertThat(store().all()).isEmpty();
  }

  @Test
  void anOutageOfVastDoesNotEndWhatStartsWell() {
    outageAt(2, Duration.ofMinutes(12), InterferenceTest::looks);
    assertThat(lfm(UP)).as(err.toString()).isZero();
    assertThat(vast.billedToUs()).hasSize(1);
  }

  @Test
  void anOutageOfVastDoesNotLeaveWhatIsToEnd() {
    assertThat(lfm(UP)).isZero();
    outageAt(1, Duration.ofMinutes(12), call -> true);
    assertThat(lfm("down")).as(err.toString()).isZero();
    assertThat(vast.billedToUs()).isEmpty();
  }

  private interface Which {
    boolean is(Transport.Call call);
  }

  private void outageAt(int first, Duration length, Which which) {
    AtomicInteger seen = new AtomicInteger();
    Duration[] until = {Duration.ZERO};
    transport =
        call -> {
          if (which.is(call) && seen.incrementAndGet() == first) {
            until[0] = timing.uptime().plus(length);
          }
          if (timing.uptime().compareTo(until[0]) < 0) {
            return new Transport.Reply(503, "");
          }
          return vast.send(call);
        };
  }

  @Test
  void aCreateWithoutAnAnswerIsRememberedAndLookedForLater() {
    String[] remembered = new String[1];
    transport =
        call -> {
          if (creates(call)) {
            Rental asked = store().all().getFirst();
            assertThat(asked.mayAppear(timing.now())).isTrue();
            vast.send(call);
            remembered[0] = asked.label();
            throw new KillSwitch.Killed();
          }
          if (remembered[0] != null) {
            throw new KillSwitch.Killed(); // The process is dead.
          }
          return vast.send(call);
        };
    try {
      lfm(UP);
    } catch (KillSwitch.Killed e) {
      // As planned.
    }
    transport = vast;
    assertThat(store().load(remembered[0]).orElseThrow().instance()).isEmpty();
    assertThat(lfm("status")).isZero();
    assertThat(out.toString()).contains("left behind");
    assertThat(store().load(remembered[0]).orElseThrow().instance()).hasValue(7_000_000);
    assertThat(lfm("down")).isZero();
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(vast.violations).isEmpty();
  }

  @Test
  void anUnansweredCreateThatMadeNothingIsForgottenOnceThatIsSure() {
    store()
        .save(
            new Rental(
                "lfm-tester-abcdefghij",
                "lfm2-demo",
                Rental.Phase.CREATING,
                timing.now(),
                java.util.Optional.empty(),
                java.util.OptionalLong.empty(),
                "",
                0,
                0,
                java.util.Optional.empty(),
                "lfm-key-0123456789",
                0,
                java.util.Optional.of(timing.now().plusSeconds(90))));
    assertThat(lfm("status")).isZero();
    assertThat(out.toString()).contains("asked for");
    Duration began = timing.uptime();
    assertThat(lfm("sweep -y")).isZero();
    assertThat(timing.uptime().minus(began)).isGreaterThanOrEqualTo(Duration.ofSeconds(90));
    assertThat(store().all()).isEmpty();
  }

  @Test
  void aDearerOfferIsRentedOnlyWithANewYes() {
    vast.leaveTwo(500, 2.4);
    fate = Fate.OCI_ERROR;
    assertThat(lfm(UP)).as(err.toString()).isEqualTo(4);
    assertThat(err.toString()).contains("more than 1.25 times", "--max-total");
    assertThat(vast.created).containsExactly(100L);

    assertThat(lfm(UP.replace(" -y", ""), "y\nn\n")).isEqualTo(4);
    assertThat(err.toString()).contains("The cheaper offers are gone. Rent H100 SXM at $2.40");
    assertThat(vast.created).containsExactly(100L, 100L);

    assertThat(lfm(UP.replace(" -y", ""), "y\ny\n")).isEqualTo(6);
    assertThat(vast.created).containsExactly(100L, 100L, 100L, 500L);
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void anInstanceThatCostsMoreThanItsOfferIsEnded() {
    vast.instancePrice = 3;
    assertThat(lfm(UP)).isEqualTo(6);
    assertThat(err.toString()).contains("it costs $3.000 an hour, and was offered for $1.800");
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void hoursAndBudgetAreForAllHostsTogether() {
    fate = Fate.STUCK_LOADING; // 20 minutes each
    assertThat(lfm(UP + " --hours 0.5")).as(err.toString()).isEqualTo(5);
    assertThat(err.toString()).contains("does not do for another host");
    assertThat(vast.created).hasSize(1);

    fate = Fate.OUTBID; // each has cost traffic and minutes of GPU
    vast.created.clear();
    assertThat(lfm(UP.replace("lfm2-demo", "LiquidAI/LFM2-24B-A2B") + " --budget 1.6"))
        .as(err.toString())
        .isEqualTo(5);
    assertThat(vast.created.size()).isBetween(1, 2);
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void variablesOfTheInstanceNeverShow() {
    fate = Fate.OCI_ERROR;
    transport =
        call -> {
          Transport.Reply reply = vast.send(call);
          return looks(call)
              ? new Transport.Reply(
                  reply.status(), reply.body().replace("runtime create", "runtime private-word"))
              : reply;
        };
    assertThat(lfm(UP + " --env WORD=private-word")).isEqualTo(6);
    assertThat(err.toString()).contains("OCI runtime ***").doesNotContain("private-word");
  }
}
