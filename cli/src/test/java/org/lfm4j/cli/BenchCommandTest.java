package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Benchmarks of a few tokens, with the demo model. */
class BenchCommandTest {
  private static final String DEMO =
      Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo").toString();
  private static final String[] SUMMARY = {"mean", "p50", "p90", "p99", "max"};

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String arguments) {
    List<String> words = new ArrayList<>(List.of(arguments.split(" ")));
    words.add(DEMO);
    return Lfm.commandLine(ModelLoader.REAL)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words.toArray(String[]::new));
  }

  private JsonNode runForJson(String arguments) {
    assertThat(run(arguments + " --json -")).as(err.toString()).isZero();
    JsonNode json = JsonMapper.shared().readTree(out.toString());
    assertThat(json.propertyNames()).contains("benchmark", "model", "settings", "machine");
    assertThat(json.at("/model").stringValue()).isEqualTo(DEMO);
    assertThat(json.at("/machine/cpus").intValue()).isPositive();
    assertThat(json.at("/machine/java").stringValue()).startsWith("25");
    return json;
  }

  private static void assertSummary(JsonNode summary) {
    assertThat(summary.propertyNames()).containsExactly(SUMMARY);
    assertThat(summary.at("/p50").doubleValue()).isPositive();
    assertThat(summary.at("/max").doubleValue())
        .isGreaterThanOrEqualTo(summary.at("/p99").doubleValue());
  }

  @Test
  void throughputCountsEveryToken() {
    JsonNode json =
        runForJson(
            "bench throughput --input-len uniform:5:9 --output-len 4 --num-prompts 5 --concurrency 2 --warmup 1 --seed 7");
    assertThat(json.at("/requests").intValue()).isEqualTo(5);
    assertThat(json.at("/output_tokens").intValue()).isEqualTo(20);
    assertThat(json.at("/input_tokens").intValue()).isBetween(25, 45);
    assertThat(json.at("/output_tokens_per_s").doubleValue()).isPositive();
    assertThat(json.at("/total_tokens_per_s").doubleValue())
        .isGreaterThan(json.at("/output_tokens_per_s").doubleValue());
    assertSummary(json.at("/time_to_first_token_ms"));
    assertSummary(json.at("/time_per_output_token_ms"));
    assertSummary(json.at("/inter_token_latency_ms"));
    assertSummary(json.at("/end_to_end_ms"));
    assertThat(json.at("/engine").propertyNames())
        .contains("steps", "preemptions", "reused_tokens");
    assertThat(json.at("/engine/steps").intValue()).isBetween(8, 20);
    assertThat(json.at("/settings/input_len").stringValue()).isEqualTo("uniform:5:9");
    assertThat(json.at("/settings/concurrency").intValue()).isEqualTo(2);
  }

  /** Each run has its own cache salt, or only the first would compute its prompts. */
  @Test
  void latencyComputesThePromptsEachTime() {
    JsonNode json =
        runForJson(
            "bench latency --batch-size 2 --input-len 200 --output-len 2 --num-iters 3 --warmup 1");
    assertSummary(json.at("/batch_latency_ms"));
    assertThat(json.at("/engine/reused_tokens").intValue()).isZero();
    assertThat(json.at("/engine/prompt_tokens").intValue()).isEqualTo(3 * 2 * 200);
  }

  @Test
  void turnsReuseThePromptBefore() {
    JsonNode json =
        runForJson("bench turns --turns 3 --total-len 600 --output-len 8 --num-chats 1 --warmup 0");
    JsonNode last = json.at("/turns/2");
    assertThat(json.at("/turns").size()).isEqualTo(3);
    assertThat(json.at("/same_answers").booleanValue()).isTrue();
    assertThat(last.at("/prompt_tokens").intValue()).isBetween(500, 600);
    assertThat(last.at("/reused_tokens").intValue()).isGreaterThan(300);
    assertSummary(last.at("/time_to_first_token_with_reuse_ms"));
    assertSummary(last.at("/time_to_first_token_without_reuse_ms"));
  }

  @Test
  void cpuMeasuresEachTestAsOftenAsAsked() {
    JsonNode json = runForJson("bench cpu -p 20 -n 3 -r 4 --warmup 1 -t 2");
    for (String test : new String[] {"pp20", "tg3"}) {
      assertThat(json.at("/" + test + "/mean").doubleValue()).isPositive();
      assertThat(json.at("/" + test + "/deviation").doubleValue()).isNotNegative();
      assertThat(json.at("/" + test + "/tokens_per_s").size()).isEqualTo(4);
    }
    assertThat(json.at("/settings/threads").intValue()).isEqualTo(2);
    out.getBuffer().setLength(0);
    assertThat(run("bench cpu -p 0 -n 3 -r 1 --warmup 0 -t 1")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("| threads | test | tok/s |", "| 1 | tg3 | ")
        .doesNotContain("pp");
  }

  @Test
  void theTableIsForPeopleAndTheFileForPrograms(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("bench.json");
    assertThat(
            run(
                "bench throughput --input-len 4 --output-len 2 --num-prompts 2 --warmup 0 --json "
                    + file))
        .as(err.toString())
        .isZero();
    assertThat(out.toString())
        .contains("2 requests (4 in, 2 out), 8 in flight", "tokens per second:", "p99")
        .doesNotContain("{");
    assertThat(JsonMapper.shared().readTree(Files.readString(file)).at("/requests").intValue())
        .isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bench throughput --concurrency 0 | 1 | --concurrency must be at least 1, got 0.",
        "bench throughput --input-len lots | 2 | 'lots' is not a length: write 128",
        "bench throughput --input-len 9000000 | 1 | choose shorter ones",
        "bench cpu -r 0 | 1 | --repetitions must be at least 1, got 0.",
        "bench turns --total-len 100 | 1 | --total-len must be at least 1120, got 100.",
      })
  void mistakesAreExplained(String arguments, int status, String message) {
    assertThat(run(arguments)).isEqualTo(status);
    assertThat(err.toString()).contains(message);
  }
}
