package org.lfm4j.cli.vast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.cli.vast.SimulatedHost.Fate;
import org.lfm4j.vast.rental.RentalStore;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What users see of {@code lfm vast up} and its companions. */
class RentalCommandsTest {
  private static final String KEY = "testkey-0123456789";
  private static final String DIST =
      " --dist-url https://files.test/x --dist-sha256 " + "0".repeat(64);

  private final VirtualTiming timing = new VirtualTiming();
  private Fate fate = Fate.GOOD;
  private final VastStandIn vast =
      new VastStandIn(
          timing,
          Faults.none(),
          create -> new SimulatedHost(fate, new Random(7), Duration.ofHours(2)));
  private StringWriter out = new StringWriter();
  private StringWriter err = new StringWriter();
  @TempDir Path home;

  private int lfm(String words) {
    return answering("y", words);
  }

  private int answering(String answer, String words) {
    out = new StringWriter();
    err = new StringWriter();
    int status =
        VastCommands.commandLine(
                new Surroundings(
                    Map.of("VAST_URL", "https://vast.test", "VAST_API_KEY", KEY, "USER", "tester"),
                    home,
                    new BufferedReader(new StringReader(answer)),
                    timing,
                    () -> vast,
                    false))
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(words.split(" "));
    assertThat(out.toString() + err).doesNotContain(KEY, "secretsecret");
    return status;
  }

  @Test
  void aDryRunShowsOffersByTotalCostAndRentsNothing() {
    assertThat(lfm("up LiquidAI/LFM2-24B-A2B --dry-run --hours 3")).isZero();
    assertThat(out.toString())
        .contains(
            "H100 SXM",
            "$1.80",
            "7:04 min",
            "12 offers fit",
            "72 GB of disk",
            "50.7 GB of traffic");
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(lfm("up LiquidAI/LFM2-24B-A2B --dry-run --json")).isZero();
    JsonNode list = JsonMapper.builder().build().readTree(out.toString());
    assertThat(list).hasSize(12);
    assertThat(list.path(0).path("offer").longValue()).isEqualTo(100);
    double total = list.path(0).path("total_dollars").doubleValue();
    assertThat(total).isBetween(4.2, 4.4);
  }

  @Test
  void upShowsHowToCallItAndDownEndsItForGood() throws Exception {
    assertThat(lfm("up LiquidAI/LFM2-24B-A2B -y" + DIST)).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains(
            "export OPENAI_BASE_URL=http://203.0.113.9:",
            "OPENAI_API_KEY=lfm-",
            "curl ",
            "lfm vast down lfm-tester-");
    assertThat(err.toString())
        .contains(
            "loads the image: 0b1c2d: Download complete", "starts the server: weights 40 %", "$");
    assertThat(Files.getPosixFilePermissions(onlyState())).hasSize(2);

    assertThat(lfm("status")).isZero();
    assertThat(out.toString()).contains("serves", "LiquidAI/LFM2-24B-A2B", "H100 SXM");
    assertThat(lfm("status --raw")).isZero();
    assertThat(
            JsonMapper.builder()
                .build()
                .readTree(out.toString())
                .path(0)
                .path("state")
                .stringValue())
        .isEqualTo("serves");
    assertThat(lfm("logs")).isZero();
    assertThat(out).hasToString("one\ntwo\n");
    assertThat(lfm("tunnel --dry-run --port 9000")).isZero();
    assertThat(out.toString())
        .contains("-L 127.0.0.1:9000:127.0.0.1:8000 -p 20100 root@ssh4.vast.ai");

    assertThat(lfm("down")).isZero();
    assertThat(out.toString()).contains("is destroyed; Vast confirms it. It cost about $");
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(lfm("down")).isZero();
    assertThat(out.toString()).contains("Nothing is rented from here");
    assertThat(vast.violations).isEmpty();
  }

  private Path onlyState() throws Exception {
    try (var files = Files.list(RentalStore.directory(Map.of(), home))) {
      return files.filter(file -> file.toString().endsWith(".json")).findFirst().orElseThrow();
    }
  }

  @Test
  void aRentalThatEndedItselfIsNoErrorForDown() {
    assertThat(lfm("up lfm2-demo -y" + DIST)).isZero();
    timing.sleep(Duration.ofHours(5));
    assertThat(lfm("status")).isZero();
    assertThat(out.toString()).contains("gone");
    assertThat(lfm("down")).isZero();
    assertThat(out.toString()).contains("was gone already");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "STUCK_LOADING | loads the image for more than 20 minutes",
        "OCI_ERROR | OCI runtime create failed",
        "OUTBID | outbid, or the host failed",
        "SILENT | it does not answer yet",
      })
  void threeBadHostsEndTheSearch(Fate bad, String reason) throws Exception {
    fate = bad;
    assertThat(lfm("up LiquidAI/LFM2-24B-A2B -y" + DIST)).isEqualTo(6);
    assertThat(err.toString()).contains("No server came up", reason);
    assertThat(err.toString().lines().filter(line -> line.contains("rents offer"))).hasSize(3);
    assertThat(vast.billedToUs()).isEmpty();
    try (var files = Files.list(RentalStore.directory(Map.of(), home))) {
      assertThat(files.map(Path::toString).filter(name -> !name.contains("/.changes")))
          .hasSize(3)
          .allMatch(name -> name.endsWith(".log"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "IMAGE_ERROR | check --image",
        "BROKEN_MODEL | config.json is missing",
      })
  void whatNoHostCanMendEndsItAtOnce(Fate bad, String reason) {
    fate = bad;
    assertThat(lfm("up LiquidAI/LFM2-24B-A2B -y" + DIST)).isEqualTo(6);
    assertThat(err.toString()).contains(reason);
    assertThat(err.toString().lines().filter(line -> line.contains("rents offer"))).hasSize(1);
    assertThat(vast.billedToUs()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "up LiquidAI/LFM2-24B-A2B --max-price 1 | 4 | cost more than --max-price",
        "up LiquidAI/LFM2-24B-A2B --max-total 2 | 4 | cost more than",
        "up LiquidAI/LFM2-24B-A2B --budget 0.6 | 4 | cost more than",
        "up LiquidAI/LFM2-24B-A2B --hours 90 | 5 | The account has $50.00, and this would cost about $16",
        "up LiquidAI/LFM2-24B-A2B -y | 2 | Run dist/build",
        "up LiquidAI/LFM2-24B-A2B --hours 0 | 2 | --hours must be above 0",
        "up LiquidAI/LFM2-24B-A2B --budget -1 | 2 | --budget must be above 0",
        "up some/Model | 2 | --weights-gb",
        "up lfm2-demo -y --dist-url https://x --dist-sha256 abc | 2 | 64 hexadecimal digits",
        "logs lfm-nobody | 8 | There is no such rental",
        "down nobody | 8 | Nothing here is called nobody",
        "tunnel | 8 | There is no such rental",
        "show instance 5 | 8 | There is no instance 5",
        "--url nowhere status | 0 | ''",
        "--url nowhere show instances | 2 | is no address",
        "up | 2 | Missing required parameter",
        "nonsense | 2 | Unmatched argument",
      })
  void mistakesHaveTheirOwnStatus(String words, int status, String message) {
    assertThat(lfm(words)).as(err.toString()).isEqualTo(status);
    assertThat(err.toString()).contains(message.equals("''") ? "" : message);
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void withoutAYesNothingIsRented() {
    assertThat(answering("", "up lfm2-demo" + DIST)).isEqualTo(2);
    assertThat(err.toString()).contains("Rent this for about $", "Nothing was rented");
    assertThat(vast.billedToUs()).isEmpty();
  }

  @Test
  void sweepFindsWhatNobodyLooksAfterAndNothingElse() {
    vast.addForeign("lfm-other-abcdefghij");
    assertThat(lfm("up lfm2-demo -y" + DIST)).isZero();
    assertThat(lfm("sweep")).isZero();
    assertThat(out.toString()).contains("Nothing was left behind");
    RentalStore store = new RentalStore(RentalStore.directory(Map.of(), home));
    store.remove(store.all().getFirst().label());
    assertThat(answering("", "sweep")).isEqualTo(7);
    assertThat(out.toString()).contains("lfm-tester-").doesNotContain("lfm-other-");
    assertThat(vast.billedToUs()).hasSize(1);
    assertThat(lfm("sweep")).isZero();
    assertThat(vast.billedToUs()).isEmpty();
    assertThat(vast.foreign()).isEqualTo(1);
    assertThat(vast.violations).isEmpty();
  }

  @Test
  void downLeavesAloneWhatIsNotOurs() {
    vast.addForeign("mine");
    assertThat(lfm("down 7000000")).isEqualTo(2);
    assertThat(err.toString()).contains("--force");
    assertThat(vast.foreign()).isEqualTo(1);
  }

  @Test
  void helpListsTheExitCodes() {
    assertThat(lfm("--help")).isZero();
    assertThat(out.toString())
        .contains("Exit codes:", "up", "down", "sweep", "tunnel")
        .doesNotContain("guard");
    assertThat(lfm("create instance --help")).isZero();
    assertThat(out.toString()).contains("--onstart-cmd", "--api-key");
  }
}
