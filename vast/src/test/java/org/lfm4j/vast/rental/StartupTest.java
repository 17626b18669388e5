package org.lfm4j.vast.rental;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.lfm4j.vast.CreateRequest;
import org.lfm4j.vast.Offer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class StartupTest {
  private static Wish wish(OptionalDouble budget, boolean interruptible) {
    return new Wish(
        "LiquidAI/LFM2-24B-A2B",
        47.7,
        60,
        Optional.of("H100 SXM"),
        List.of("SE", "NO"),
        interruptible,
        2,
        30,
        new Wish.Caps(OptionalDouble.empty(), OptionalDouble.empty(), budget),
        new Wish.Software(
            "image", 3, "https://files.test/x", "0".repeat(64), "", Map.of(), "https://vast.test"));
  }

  private static Offer offer() {
    return new Offer(
        (ObjectNode)
            JsonMapper.builder()
                .build()
                .readTree(
                    """
                    {"id": 5, "dph_total": 2.02, "min_bid": 1.0, "storage_cost": 0.2, "inet_down": 1000, "inet_down_cost": 0.01}
                    """));
  }

  @Test
  void theScriptFitsAndSecretsAreNotInIt() {
    assertThat(Startup.script().length()).isLessThan(CreateRequest.MAX_ONSTART);
    CreateRequest request =
        Startup.request(
            wish(OptionalDouble.empty(), false),
            Candidate.of(offer(), wish(OptionalDouble.empty(), false)),
            "lfm-me-abcdefghij",
            "secret-key-0123456789");
    assertThat(request.onstart().orElse("")).doesNotContain("secret-key");
    assertThat(request.env()).containsEntry("LFM_API_KEY", "secret-key-0123456789");
    assertThat(request.env()).containsEntry("-p 8000:8000", "1");
    assertThat(request.toJson().path("cancel_unavail").booleanValue()).isTrue();
    assertThat(request.toJson().path("price").isNull()).isTrue();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void theScriptIsBash() throws Exception {
    Process bash = new ProcessBuilder("bash", "-n").redirectErrorStream(true).start();
    try (var in = bash.outputWriter(StandardCharsets.UTF_8)) {
      in.write(Startup.script());
    }
    assertThat(bash.inputReader(StandardCharsets.UTF_8).lines()).isEmpty();
    assertThat(bash.waitFor()).isZero();
  }

  @Test
  void theEstimateHasGpuDiskTrafficAndTheDownload() {
    Candidate candidate = Candidate.of(offer(), wish(OptionalDouble.empty(), false));
    // 72 GB at $0.2 a month are $0.02 an hour; 47.7 GB at 1 Gbit/s take 382 s.
    assertThat(candidate.diskDollarsPerHour()).isEqualTo(0.02);
    assertThat(candidate.download().toSeconds()).isEqualTo(382);
    assertThat(candidate.trafficDollars())
        .isCloseTo(0.507, org.assertj.core.data.Offset.offset(1e-9));
    double hours = 2 + 381.6 / 3600;
    assertThat(candidate.total())
        .isCloseTo(hours * 2.02 + 0.507, org.assertj.core.data.Offset.offset(1e-3));
    assertThat(candidate.allowed(wish(OptionalDouble.empty(), false)).toSeconds()).isEqualTo(7582);
  }

  @Test
  void aBudgetShortensItAndABidIsAboveTheLeast() {
    Wish poor = wish(OptionalDouble.of(1.517), false);
    assertThat(Candidate.of(offer(), poor).allowed(poor).toSeconds()).isEqualTo(1800);
    Candidate bid = Candidate.of(offer(), wish(OptionalDouble.empty(), true));
    assertThat(bid.bid()).hasValue(1.1);
    assertThat(bid.dollarsPerHour()).isEqualTo(1.12);
  }

  @Test
  void whatWasSpentInVainIsMissingFromWhatIsLeft() {
    Wish wish = wish(OptionalDouble.of(3), false);
    Wish left = wish.after(1, Duration.ofMinutes(30)).orElseThrow();
    assertThat(left.hours()).isEqualTo(1.5);
    assertThat(left.caps().budget()).hasValue(2);
    assertThat(wish.after(0, Duration.ZERO)).contains(wish);
    assertThat(wish.after(3, Duration.ZERO)).isEmpty();
    assertThat(wish.after(0, Duration.ofMinutes(110))).isEmpty();
  }

  @Test
  void theQueryAsksForEverythingThatMatters() {
    assertThat(OfferFinder.query(wish(OptionalDouble.empty(), false)))
        .contains(
            "gpu_ram>=60.000",
            "disk_space>=72",
            "inet_down>=200",
            "cuda_vers>=12.8",
            "duration>=0.0833")
        .contains("gpu_name=\"H100 SXM\"", "geolocation in [SE,NO]");
  }

  @Test
  void labelsAreKnownAgain() {
    String label = Label.fresh("Jane.Doe", new java.util.Random(1));
    assertThat(label).matches("lfm-janedoe-[a-z0-9]{10}");
    assertThat(Label.isOf(label, "jane.doe")).isTrue();
    assertThat(Label.isOf(label, "jane")).isFalse();
    assertThat(Label.isOf("lfm-janedoe-x", "janedoe")).isFalse();
    assertThat(Label.isOf("", "janedoe")).isFalse();
  }
}
