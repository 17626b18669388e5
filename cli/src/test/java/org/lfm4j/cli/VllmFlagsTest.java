package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.LoadOptions;
import org.lfm4j.checkpoint.SamplingDefaults;
import picocli.CommandLine.Model.CommandSpec;

/** Command lines written for vLLM. */
class VllmFlagsTest {
  private final Cli cli = new Cli();
  @TempDir Path directory;

  /** Runs as far as the model directory, which is missing: every flag has been looked at then. */
  private String serve(String arguments) {
    List<String> words = new ArrayList<>(List.of("serve", "no-such-model"));
    words.addAll(Arrays.asList(arguments.split(" ")));
    assertThat(cli.run(words.toArray(String[]::new))).isNotZero();
    return cli.err.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "--tensor-parallel-size 1 -dp 1 --load-format auto --kv-cache-dtype auto --tool-call-parser lfm2",
        "--enable-chunked-prefill --async-scheduling --enforce-eager -O3 --enable-auto-tool-choice",
        "--disable-log-requests --disable-log-stats --uvicorn-log-level warning --disable-uvicorn-access-log",
        "--no-enable-prefix-caching --no-trust-remote-code --no-enable-lora --no-enable-expert-parallel",
        "--no-allow-credentials --no-trust-request-chat-template --no-enable-log-requests --no_enable_sleep_mode",
        "--nnodes 1 --preemption-mode recompute --scheduler-delay-factor 0.0 --logprobs-mode raw_logprobs",
        "--cudagraph-capture-sizes 1 2 4 --max-logprobs 20 --block_size 64 --reasoning-parser qwen3",
      })
  void whatIsDoneAnywayIsSilent(String arguments) {
    assertThat(serve(arguments)).startsWith("lfm: There is no model no-such-model");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--num-gpu-blocks-override 9 | lfm: --num-gpu-blocks-override is ignored: ",
        "--trust-remote-code | lfm: --trust-remote-code is ignored: no code is ever loaded from a model.",
        "--seed 1 --swap-space 4 | lfm: --swap-space is ignored: ",
        "--no-enforce-eager | lfm: --no-enforce-eager is ignored: decode steps are recorded on a GPU anyway.",
        "--no-disable-log-stats | lfm: --no-disable-log-stats is ignored: numbers are in /metrics, not in the log.",
        "-asc 4 | lfm: --api-server-count is ignored: one process uses all processors.",
      })
  void whatHasNoEffectIsAWarning(String arguments, String message) {
    assertThat(serve(arguments)).contains(message, "lfm: There is no model ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-tp 2 | lfm: --tensor-parallel-size 2 is not supported: one process computes the whole model.",
        "--quantization fp8 | lfm: --quantization fp8 is not supported: weights are used as they are stored.",
        "--enable-lora | lfm: --enable-lora is not supported: adapters can't be loaded",
        "--no-enable-chunked-prefill | lfm: --no-enable-chunked-prefill is not supported: ",
        "--log-level loud | lfm: --log-level must be one of critical, debug, error, info, trace, warning, got loud.",
        "--generation-config . | lfm: --generation-config .: there is no generation_config.json in it.",
        "--kv-cache-memory-bytes 0 | lfm: --kv-cache-memory-bytes must be at least 1, got 0.",
        "--logits-processors a.b:C | lfm: --logits-processors a.b:C is not supported: there is no Python to run it.",
        "--hf-token hf_x | is not supported: others could see it here: set HF_TOKEN.",
        "--threads -1 | lfm: --threads must be in [0, 1024], got -1.",
        "--max-num-seqs 0 | lfm: --max-num-seqs must be at least 1, got 0.",
        "--max-num-queued-reqs 0 | lfm: --max-num-queued-reqs must be at least 1, got 0.",
        "--max-num-batched-tokens 0 | lfm: --max-num-batched-tokens must be at least 1, got 0.",
        "--max-num-batched-tokens 128 | lfm: --max-num-batched-tokens must be at least --max-num-seqs, since each running request computes a token in every step: got 128 and 256.",
        "--cpu-cache-gb 0 | lfm: --cpu-cache-gb must be greater than 0 and at most 65536, got 0.0.",
        "--cpu-cache-gb 1 --kv-cache-memory-bytes 5 | lfm: --cpu-cache-gb and --kv-cache-memory-bytes set the same memory",
        "--max-num-seq 2 | Did you mean: --max-num-seqs",
        "--tensor-paralel-size 2 | Did you mean: --tensor-parallel-size",
        "--no-enable-prefix-cachin | Did you mean: --no-enable-prefix-caching",
      })
  void whatWouldMakeAnotherServerIsRefused(String arguments, String message) {
    assertThat(serve(arguments)).contains(message);
  }

  @Test
  void theTableIsSound() {
    Set<String> names = new HashSet<>();
    CommandSpec serve =
        Lfm.commandLine(ModelLoader.REAL).getSubcommands().get("serve").getCommandSpec();
    for (VllmFlag flag : VllmFlags.all()) {
      assertThat(flag.isHarmless(List.of("no such value"))).isFalse();
      assertThat(flag.reason()).isNotEmpty().doesNotEndWith(".");
      for (String name : flag.names()) {
        assertThat(names.add(name)).as(name).isTrue();
        assertThat(serve.findOption(name)).as(name).isNotNull();
      }
    }
  }

  @Test
  void everySwitchOfVllmCanBeNegated() {
    CommandSpec serve =
        Lfm.commandLine(ModelLoader.REAL).getSubcommands().get("serve").getCommandSpec();
    for (VllmFlag flag : VllmFlags.table()) {
      String name = flag.names().getFirst();
      if (flag.label().isEmpty() && !name.startsWith("--no-")) {
        assertThat(serve.findOption("--no-" + name.substring(2))).as(name).isNotNull();
      }
    }
  }

  @Test
  void modelAndSamplingDefaultsReachTheLoader() {
    List<LoadOptions> seen = new ArrayList<>();
    List<Path> loaded = new ArrayList<>();
    Lfm.commandLine(
            (path, options, progress) -> {
              loaded.add(path);
              seen.add(options);
              throw new CliException("enough seen");
            },
            Map.of("LFM_MODEL", directory.toString(), "LFM_MAX_NUM_SEQS", "7"))
        .setErr(new PrintWriter(cli.err, true))
        .setOut(new PrintWriter(cli.out, true))
        .execute(
            "serve",
            "--host=127.0.0.1",
            "--port=0",
            "--generation-config=vllm",
            "--override-generation-config={\"temperature\": 0.5}",
            "--kv-cache-memory-bytes=1000000");
    assertThat(cli.err).hasToString("lfm: enough seen\n");
    assertThat(loaded).containsExactly(directory);
    assertThat(seen.getFirst().samplingDefaults())
        .isEqualTo(SamplingDefaults.NEUTRAL.overriddenBy("{\"temperature\": 0.5}"));
    assertThat(seen.getFirst().cacheBytes()).hasValue(1_000_000);
    assertThat(seen.getFirst().maxSequences()).isEqualTo(7);
  }

  @Test
  void unknownFlagsOfOtherCommandsAreGuessedToo() {
    assertThat(cli.run("chat", "--temprature", "1")).isEqualTo(2);
    assertThat(cli.err.toString())
        .contains("Unknown option: '--temprature'", "Did you mean: --temperature", "See lfm chat");
  }
}
