package org.lfm4j.cli.vast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.cli.vast.SimulatedHost.Fate;
import org.lfm4j.vast.Transport;

/** Creates and destroys whose answers are lost or are errors, one case each. */
class LostAnswersTest {
  private static final String UP =
      "up lfm2-demo -y --dist-url https://files.test/x --dist-sha256 " + "0".repeat(64);

  /** What happens to a call. */
  private enum Mishap {
    LOST_BEFORE,
    LOST_AFTER,
    BAD_GATEWAY_AFTER,
    REFUSED
  }

  private final VirtualTiming timing = new VirtualTiming();
  private final VastStandIn vast =
      new VastStandIn(
          timing,
          Faults.none(),
          create -> new SimulatedHost(Fate.GOOD, new Random(3), Duration.ofHours(2)));
  private final Map<String, Deque<Mishap>> mishaps = new HashMap<>();
  private final Map<String, Integer> calls = new HashMap<>();
  private final StringWriter err = new StringWriter();
  @TempDir Path home;

  private Transport.Reply send(Transport.Call call) throws IOException {
    String kind =
        call.method().equals("DELETE")
            ? "destroy"
            : call.uri().getPath().startsWith("/api/v0/asks/") ? "create" : "other";
    calls.merge(kind, 1, Integer::sum);
    Mishap mishap = mishaps.getOrDefault(kind, new ArrayDeque<>()).poll();
    if (mishap == Mishap.LOST_BEFORE) {
      throw new IOException("connection reset");
    }
    if (mishap == Mishap.REFUSED) {
      return new Transport.Reply(400, "{\"error\":\"failed\",\"msg\":\"try again\"}");
    }
    Transport.Reply reply = vast.send(call);
    if (mishap == Mishap.LOST_AFTER) {
      throw new IOException("connection reset");
    }
    return mishap == Mishap.BAD_GATEWAY_AFTER ? new Transport.Reply(502, "") : reply;
  }

  private int lfm(String words) {
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
                new BufferedReader(new StringReader("")),
                timing,
                () -> this::send,
                false))
        .setOut(new PrintWriter(new StringWriter(), true))
        .setErr(new PrintWriter(err, true))
        .execute(words.split(" "));
  }

  private void mishaps(String kind, Mishap... sequence) {
    mishaps.put(kind, new ArrayDeque<>(List.of(sequence)));
  }

  @Test
  void aCreateWhoseAnswerWasLostIsAdopted() {
    mishaps("create", Mishap.LOST_AFTER);
    assertThat(lfm(UP)).as(err.toString()).isZero();
    assertThat(err.toString()).contains("the answer was lost; looks for the instance");
    assertThat(calls).containsEntry("create", 1);
    assertThat(vast.billedToUs()).hasSize(1);
  }

  @Test
  void aGatewayErrorMayHaveCreatedSomethingToo() {
    mishaps("create", Mishap.BAD_GATEWAY_AFTER);
    assertThat(lfm(UP)).as(err.toString()).isZero();
    assertThat(calls).containsEntry("create", 1);
    assertThat(vast.billedToUs()).hasSize(1);
  }

  @Test
  void aCreateThatNeverArrivedMakesRoomForTheNextOffer() {
    mishaps("create", Mishap.LOST_BEFORE);
    assertThat(lfm(UP)).as(err.toString()).isZero();
    assertThat(calls).containsEntry("create", 2);
    assertThat(vast.billedToUs()).hasSize(1);
  }

  @Test
  void aDestroyThatFailsTwiceIsSentAgain() {
    assertThat(lfm(UP)).isZero();
    mishaps("destroy", Mishap.REFUSED, Mishap.REFUSED);
    assertThat(lfm("down")).as(err.toString()).isZero();
    assertThat(calls).containsEntry("destroy", 3);
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void aDestroyWhoseAnswerWasLostIsNotSentAgain() {
    assertThat(lfm(UP)).isZero();
    mishaps("destroy", Mishap.LOST_AFTER);
    assertThat(lfm("down")).as(err.toString()).isZero();
    assertThat(calls).containsEntry("destroy", 1);
    assertThat(vast.violations).isEmpty();
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void anEndThatCantBeConfirmedSaysSoAndIsNotForgotten() {
    assertThat(lfm(UP)).isZero();
    Mishap[] always = new Mishap[100];
    java.util.Arrays.fill(always, Mishap.REFUSED);
    mishaps("destroy", always);
    assertThat(lfm("down")).isEqualTo(7);
    assertThat(err.toString()).contains("AND IS BILLED until it is destroyed");
    mishaps.clear();
    assertThat(lfm("down")).isZero();
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void noCreditEndsTheSearchForHosts() {
    vast.credit = 4.6;
    assertThat(
            lfm(
                "up LiquidAI/LFM2-24B-A2B -y --hours 2 --dist-url https://x --dist-sha256 "
                    + "0".repeat(64)))
        .isZero();
    vast.credit = 0.01;
    assertThat(lfm(UP)).isEqualTo(5);
    assertThat(err.toString()).contains("The account has $0.01");
    assertThat(vast.billedToUs()).hasSize(1);
  }
}
