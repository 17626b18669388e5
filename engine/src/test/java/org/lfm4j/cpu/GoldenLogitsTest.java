package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SequenceState;

/** Every position's logits against transformers in FP32; writes target/golden-errors.md. */
class GoldenLogitsTest {
  private static final double TOLERANCE = 8;

  private static final Map<String, String> REPORT = new TreeMap<>();

  static Stream<String> names() {
    return Stream.concat(GoldenModel.WIDE.stream(), GoldenModel.SMALL.stream());
  }

  @ParameterizedTest
  @MethodSource("names")
  void logitsAreThoseOfTransformers(String name) {
    GoldenModel golden = GoldenModel.load(name);
    try (Checkpoint checkpoint = golden.checkpoint()) {
      for (RunnerFactory factory : RunnerFactory.ALL) {
        check(golden, factory, checkpoint);
      }
    }
  }

  private static void check(GoldenModel golden, RunnerFactory factory, Checkpoint checkpoint) {
    float[] logits = new float[golden.logits().length];
    try (Runner runner = factory.create().apply(checkpoint);
        SequenceState sequence = runner.open(golden.tokens().length)) {
      runner.forward(sequence, golden.tokens(), 0, golden.tokens().length, logits);
    }
    LogitsError error = LogitsError.between(logits, golden.logits());
    System.out.println(
        golden.name() + " " + factory.name() + " " + error + " unit " + golden.fp32Unit());
    assertThat(error.rms()).isLessThan(TOLERANCE * golden.fp32Unit().rms());
    assertThat(error.max()).isLessThan(TOLERANCE * golden.fp32Unit().max());
  }
}
