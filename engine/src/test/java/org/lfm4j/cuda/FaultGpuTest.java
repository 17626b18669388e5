package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.EditedCheckpoint;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.engine.Engine;
import org.lfm4j.engine.EngineConfig;
import org.lfm4j.engine.EngineException;
import org.lfm4j.engine.Request;
import org.lfm4j.engine.TokenStream;
import org.lfm4j.sampling.SamplingParams;

/** What goes wrong on the device fails a request or the engine, says why, and never hangs. */
@Tag("gpu")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FaultGpuTest {
  private static final int BAD_TOKEN = 17;
  private static final int SECONDS = 60;
  private static final EngineConfig FEW_PAGES = new EngineConfig(8, 64, 4, 100, false, false);

  private static TokenStream submit(Engine engine, int... prompt) {
    return engine.submit(new Request(prompt, SamplingParams.GREEDY, 20, Set.of())).getFirst();
  }

  private static List<Integer> drain(TokenStream stream) throws InterruptedException {
    List<Integer> tokens = new ArrayList<>();
    for (int id = stream.next(); id != TokenStream.END; id = stream.next()) {
      tokens.add(id);
    }
    return tokens;
  }

  /** The NaN stay in pages that the next requests get, and must not spread from there. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aNanFailsItsRequestOnly(boolean portable) throws Exception {
    int[] bad = new int[60];
    Arrays.fill(bad, BAD_TOKEN);
    try (Checkpoint random = TinyModels.inMemory(GpuModels.MOE, 3);
        Engine engine =
            new Engine(
                CudaRunnerGpuTest.open(withBadToken(random, BAD_TOKEN), portable), FEW_PAGES)) {
      List<Integer> alone = drain(submit(engine, 1, 2, 3));
      for (int round = 0; round < 3; round++) {
        TokenStream before = submit(engine, 1, 2, 3);
        TokenStream failing = submit(engine, bad);
        TokenStream after = submit(engine, 1, 2, 3);
        assertThatThrownBy(() -> drain(failing))
            .isInstanceOf(EngineException.class)
            .hasMessageContaining("NaN logits");
        for (TokenStream good : List.of(before, after)) {
          List<Integer> got = drain(good);
          if (portable) {
            assertThat(got).isEqualTo(alone);
          } else {
            assertThat(got).hasSize(alone.size());
          }
        }
      }
      assertThat(engine.isAlive()).isTrue();
    }
  }

  /** The embedding of a token is NaN, and the output layer has the weights as they were. */
  static Checkpoint withBadToken(Checkpoint random, int token) {
    String embedding = ExpectedTensors.EMBEDDING;
    int hidden = random.config().hiddenSize();
    return new EditedCheckpoint(random.config(), random)
        .take(ExpectedTensors.LM_HEAD, random.tensor(embedding))
        .edit(
            embedding,
            values -> {
              Arrays.fill(values, token * hidden, (token + 1) * hidden, Float.NaN);
              return values;
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"address", "trap"})
  void aFaultOfTheDeviceFailsAllRequestsAndStopsTheEngine(String kernel) throws Exception {
    List<String> lines = run(DeviceFault.class, kernel);
    String reason = "the GPU has failed";
    assertThat(lines.stream().filter(line -> line.startsWith("request: ")))
        .hasSize(4)
        .allSatisfy(line -> assertThat(line).contains(reason, "CUDA_ERROR"));
    assertThat(lines).contains("alive: false", "closed");
    assertThat(lines).anySatisfy(line -> assertThat(line).startsWith("submit: ").contains(reason));
  }

  /** Runs a program with this process's Java and class path and returns what it prints. */
  private static List<String> run(Class<?> program, String argument)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile("lfm4j", ".log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName(),
                argument)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
      String text = Files.readString(output);
      assertThat(ended).as("ended within %d s, having printed: %s", SECONDS, text).isTrue();
      assertThat(process.exitValue()).as(text).isZero();
      return text.lines().toList();
    } finally {
      process.destroyForcibly();
      Files.delete(output);
    }
  }
}
