package org.lfm4j.cpu;

import java.util.List;
import java.util.function.Function;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;

/**
 * A runner that must pass the golden, property and bug-table tests.
 *
 * @param name for reports
 * @param create opens it over weights
 * @param chunkTolerance largest difference in logits of about 1 that cutting into chunks may cause;
 *     0 where a token's sums don't depend on its chunk
 */
public record RunnerFactory(
    String name, Function<Checkpoint, Runner> create, double chunkTolerance) {

  /** All runners under test. */
  public static final List<RunnerFactory> ALL =
      List.of(
          new RunnerFactory("reference", ReferenceRunner::new, 0),
          new RunnerFactory("vector", weights -> new VectorRunner(weights, 2), 0));

  /** Runs one new sequence in one chunk and returns the logits of all positions. */
  public float[] logits(Checkpoint checkpoint, int... tokens) {
    float[] logits = new float[tokens.length * checkpoint.config().vocabSize()];
    try (Runner runner = open(checkpoint, tokens.length)) {
      new SingleSequence(runner, 0, tokens.length).forward(tokens, 0, tokens.length, logits);
    }
    return logits;
  }

  /** Opens a runner with room for this many tokens, and as many again for a second sequence. */
  public Runner open(Checkpoint checkpoint, int tokens) {
    Runner runner = create.apply(checkpoint);
    runner.allocate(2 * runner.cacheSpec().pagesFor(tokens), tokens, tokens);
    return runner;
  }

  @Override
  public String toString() {
    return name;
  }
}
