package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a Hub and over a network that don't work well. */
class FaultsTest {
  @TempDir Path cache;
  private HubStandIn standIn;
  private TestHub hub;

  @BeforeEach
  void publish() throws IOException {
    standIn = new HubStandIn();
    standIn.repo(Models.NAME).commit("main", Models.files());
    hub = new TestHub(standIn.endpoint(), cache, Optional.of(HubStandIn.TOKEN));
  }

  @AfterEach
  void close() {
    standIn.close();
  }

  private void assertPulled() throws Exception {
    Models.assertSameBytes(hub.pull(Models.NAME), Models.files());
    try (Stream<Path> blobs = Files.list(cache.resolve("models--LiquidAI--LFM2-Test/blobs"))) {
      assertThat(blobs.map(Path::toString)).noneMatch(name -> name.endsWith(".incomplete"));
    }
  }

  static Stream<Fault> storageFaults() {
    return Stream.of(
        new Fault.Cut(0),
        new Fault.Cut(5_000),
        new Fault.Status(500),
        new Fault.Status(502),
        new Fault.Status(503),
        new Fault.Status(504),
        new Fault.Status(408),
        new Fault.Status(416),
        new Fault.Status(404),
        new Fault.Expired(),
        new Fault.OtherRange(),
        new Fault.IgnoredRange(),
        new Fault.WrongByte());
  }

  @ParameterizedTest
  @MethodSource("storageFaults")
  void oneFaultOfTheStorageIsMet(Fault fault) throws Exception {
    standIn.storage.faults.add(fault);
    assertPulled();
  }

  @ParameterizedTest
  @MethodSource("storageFaults")
  void severalFaultsOfTheStorageAreMet(Fault fault) throws Exception {
    // More wrong bytes than this would be two wrong copies of one file, which is an error.
    int count = fault instanceof Fault.WrongByte ? 1 : 4;
    for (int i = 0; i < count; i++) {
      standIn.storage.faults.add(fault);
    }
    assertPulled();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyMixOfFaultsIsMet(int seed) throws Exception {
    Random random = new Random(seed);
    List<Fault> kinds =
        storageFaults().filter(fault -> !(fault instanceof Fault.WrongByte)).toList();
    for (int i = 0; i < 5; i++) {
      standIn.storage.faults.add(kinds.get(random.nextInt(kinds.size())));
      standIn.storage.faults.add(new Fault.Cut(random.nextInt(30_000)));
    }
    for (int status : List.of(500, 429, 503)) {
      standIn.faults.add(new Fault.Status(status));
    }
    assertPulled();
  }

  @Test
  void rangesThatAreAlwaysIgnoredMakeOneConnectionDoIt() throws Exception {
    standIn.storage.ignoresRanges = true;
    standIn.storage.faults.add(new Fault.Cut(50_000));
    assertPulled();
  }

  @Test
  void aSilentConnectionIsGivenUp() throws Exception {
    hub =
        new TestHub(
            TestHub.withStallTimeout(hub.settings, Duration.ofSeconds(1)),
            folder -> Long.MAX_VALUE);
    standIn.storage.faults.add(new Fault.Stall(1));
    standIn.storage.faults.add(new Fault.Stall(9_000));
    assertPulled();
  }

  @Test
  void expiredAddressesAreAskedForAgain() throws Exception {
    standIn.storage.faults.addAll(
        List.of(new Fault.Expired(), new Fault.Expired(), new Fault.Expired()));
    assertPulled();
    int largeFiles = 3;
    assertThat(standIn.storage.signatures()).isGreaterThan(largeFiles);
  }

  @Test
  void rateLimitsAreWaitedFor() throws Exception {
    standIn.faults.add(
        new Fault.Status(
            429,
            Map.of(
                "RateLimit", "\"api\";r=0;t=55",
                "RateLimit-Policy", "\"fixed window\";\"api\";q=500;w=300")));
    standIn.faults.add(new Fault.Status(429, Map.of("Retry-After", "7")));
    standIn.faults.add(new Fault.Status(503));
    assertPulled();
    assertThat(hub.pauses)
        .containsExactly(Duration.ofSeconds(56), Duration.ofSeconds(8), Duration.ofSeconds(4));
    assertThat(hub.notices.getFirst())
        .isEqualTo("too many requests to 127.0.0.1: waiting 56 s, as asked.");
  }

  @Test
  void aHubThatStaysDownIsAnError() {
    for (int i = 0; i < Retries.MOST; i++) {
      standIn.faults.add(new Fault.Status(503));
    }
    assertThatThrownBy(() -> hub.pull(Models.NAME))
        .isInstanceOf(HubException.class)
        .hasMessage(
            "Gave up after 6 tries: %s/api/models/LiquidAI/LFM2-Test/revision/main answered with status 503. Try again later; what was downloaded is kept."
                .formatted(standIn.endpoint()));
    assertThat(hub.pauses)
        .containsExactly(
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(4),
            Duration.ofSeconds(8),
            Duration.ofSeconds(8));
  }

  @Test
  void wrongBytesAreFetchedOnceMoreAndNeverKept() throws Exception {
    standIn.storage.faults.add(new Fault.WrongByte());
    Selection one = Selection.matching(List.of("tokenizer.json"));
    Models.assertSameBytes(hub.pull(Models.NAME, one), Models.files());
    assertThat(hub.notices)
        .containsExactly("tokenizer.json arrived with wrong bytes and is thrown away.");
    for (int i = 0; i < 100; i++) {
      standIn.storage.faults.add(new Fault.WrongByte());
    }
    Selection other = Selection.matching(List.of("onnx/model.onnx"));
    assertThatThrownBy(() -> hub.pull(Models.NAME, other))
        .hasMessageStartingWith(
            "onnx/model.onnx of LiquidAI/LFM2-Test arrived 2 times with a hash that is not ");
    assertThat(cache.resolve("models--LiquidAI--LFM2-Test/blobs").toFile().list()).hasSize(1);
  }
}
