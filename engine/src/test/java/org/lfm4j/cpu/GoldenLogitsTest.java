package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfm4j.checkpoint.Checkpoint;

/**
 * Every position's logits against transformers in FP32. Writes the errors to
 * target/golden-errors.md.
 *
 * <p>The bounds are multiples of a unit e that belongs to each model: what transformers' FP32 run
 * lost against its own FP64 run. A runner rounds at the same places and may only sum in another
 * order. Rounding of a sum grows as the square root of the longest chain of additions; ours are at
 * most four times as long as those of the matrix library behind transformers (4 chains against at
 * least 16 lanes), which makes 2 e. The reference's own e comes on top: 3 e for the RMS error. The
 * largest of ten thousand errors scatters by about a third around its mean: 4 e.
 */
class GoldenLogitsTest {
  private static final double RMS_UNITS = 3;
  private static final double MAX_UNITS = 4;

  private static final List<String> REPORT = new ArrayList<>();

  static Stream<String> names() {
    return Stream.of(List.of(GoldenModel.DEMO), GoldenModel.WIDE, GoldenModel.SMALL)
        .flatMap(List::stream);
  }

  @ParameterizedTest
  @MethodSource("names")
  void logitsAreThoseOfTransformers(String name) {
    GoldenModel golden = GoldenModel.load(name);
    report(name, "transformers BF16", golden.bf16(), golden.agreement(golden.bf16Top1()));
    try (Checkpoint checkpoint = golden.checkpoint()) {
      for (RunnerFactory factory : RunnerFactory.ALL) {
        check(golden, factory, checkpoint);
      }
    }
  }

  private static void check(GoldenModel golden, RunnerFactory factory, Checkpoint checkpoint) {
    float[] logits = factory.logits(checkpoint, golden.tokens());
    LogitsError error = LogitsError.between(logits, golden.logits());
    int[] top1 = golden.top1(logits);
    report(golden.name(), factory.name(), error, golden.agreement(top1));
    double maxBound = MAX_UNITS * golden.fp32Unit().max();
    assertThat(error.rms()).as(factory.name()).isLessThan(RMS_UNITS * golden.fp32Unit().rms());
    assertThat(error.max()).as(factory.name()).isLessThan(maxBound);
    int[] expected = golden.top1(golden.logits());
    for (int t = 0; t < expected.length; t++) {
      if (golden.margin(t) > 2 * maxBound) {
        assertThat(top1[t]).as("%s, position %d", factory, t).isEqualTo(expected[t]);
      }
    }
  }

  private static void report(String model, String run, LogitsError error, String agreement) {
    REPORT.add(
        "| %s | %s | %.1e | %.1e | %s |"
            .formatted(model, run, error.max(), error.rms(), agreement));
  }

  @AfterAll
  static void writeReport() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("Error of logits (standard deviation 1) against transformers in FP32:");
    lines.add("");
    lines.add("| model | run | max | RMS | same top-1 |");
    lines.add("|---|---|---|---|---|");
    lines.addAll(REPORT);
    Files.write(Path.of("target", "golden-errors.md"), lines);
  }
}
