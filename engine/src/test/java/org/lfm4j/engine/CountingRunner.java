package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SequenceState;

/** A runner whose next token is always the last one plus one, and that fails on a poison token. */
final class CountingRunner implements Runner {
  static final int POISON = 99;
  private static final int VOCAB = 100;

  final List<Integer> chunks = new ArrayList<>();
  int logitRows;
  volatile int openSequences;
  volatile boolean closed;

  private final class Sequence implements SequenceState {
    private final int capacity;
    private int length;

    Sequence(int capacity) {
      this.capacity = capacity;
    }

    @Override
    public int length() {
      return length;
    }

    @Override
    public int capacity() {
      return capacity;
    }

    @Override
    public void close() {
      openSequences--;
    }
  }

  @Override
  public ModelConfig config() {
    return new ModelConfig(
        "lfm2",
        VOCAB,
        64,
        List.of(LayerKind.CONV),
        1,
        1,
        64,
        64,
        3,
        false,
        1e-5f,
        1e6,
        4096,
        true,
        Optional.empty(),
        1,
        7,
        0);
  }

  @Override
  public SequenceState open(int capacity) {
    openSequences++;
    return new Sequence(capacity);
  }

  @Override
  public void forward(SequenceState sequence, int[] tokens, int from, int to, float[] logits) {
    ((Sequence) sequence).length += to - from;
    if (to - from > 1) {
      chunks.add(to - from);
    }
    if (tokens[to - 1] == POISON) {
      throw new IllegalStateException("poison token");
    }
    if (logits.length > 0) {
      logitRows++;
      java.util.Arrays.fill(logits, 0);
      logits[(tokens[to - 1] + 1) % POISON] = 1;
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
