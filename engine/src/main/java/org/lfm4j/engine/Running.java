package org.lfm4j.engine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;

/**
 * The running sequences, in line, and what a step reads and changes of each, in flat arrays by
 * seat. Between two steps everything else passes through the caches: walking 256 objects would find
 * each of them cold, in a memory page of its own, where these arrays are a few KB side by side. A
 * sequence keeps its seat as long as it runs. Engine thread only.
 */
final class Running {
  /** The seat of a sequence that doesn't run. */
  static final int NONE = -1;

  private final @Nullable Sequence[] sequences;

  /** The seats in line, followed by the free ones. */
  private final int[] line;

  private int size;

  /** How many sequences have left each seat. */
  private final int[] tenancy;

  /** Tokens, the last of them, and how many there may be. */
  private final int[] length;

  private final int[] last;
  private final int[] longest;
  private final int[] promptLength;

  /** Positions at the start whose logits are wanted. */
  private final int[] promptScored;

  /** Tokens that are cached; those from there on are still to be computed. */
  private final int[] computed;

  /** Rows in the step that is being made or computed, and how many of them want logits. */
  private final int[] scheduled;

  private final int[] logitRows;

  Running(int seats) {
    this.sequences = new @Nullable Sequence[seats];
    this.line = new int[seats];
    Arrays.setAll(line, seat -> seat);
    this.tenancy = new int[seats];
    this.length = new int[seats];
    this.last = new int[seats];
    this.longest = new int[seats];
    this.promptLength = new int[seats];
    this.promptScored = new int[seats];
    this.computed = new int[seats];
    this.scheduled = new int[seats];
    this.logitRows = new int[seats];
  }

  int size() {
    return size;
  }

  /** Returns the seat at a place in line. */
  int seat(int place) {
    return line[place];
  }

  /** Returns the sequence at a place in line. */
  Sequence get(int place) {
    return at(line[place]);
  }

  /** Returns the sequence on a seat that is taken. */
  Sequence at(int seat) {
    Sequence sequence = sequences[seat];
    if (sequence == null) {
      throw new IllegalStateException("nobody has seat " + seat);
    }
    return sequence;
  }

  /** Returns what changes when the sequence on a seat leaves it. */
  int tenancy(int seat) {
    return tenancy[seat];
  }

  /**
   * Lets a sequence run, nothing of which is computed yet.
   *
   * @param place in line
   * @return its seat
   */
  int insert(int place, Sequence sequence) {
    int seat = line[size];
    System.arraycopy(line, place, line, place + 1, size - place);
    line[place] = seat;
    size++;
    sequences[seat] = sequence;
    longest[seat] = sequence.longest();
    promptLength[seat] = sequence.promptLength();
    promptScored[seat] = sequence.promptScored();
    computed[seat] = 0;
    scheduled[seat] = 0;
    logitRows[seat] = 0;
    sequence.run(this, seat);
    return seat;
  }

  /** Lets a sequence run no longer. */
  void remove(Sequence sequence) {
    int seat = sequence.seat();
    int place = 0;
    while (line[place] != seat) {
      place++;
    }
    size--;
    System.arraycopy(line, place + 1, line, place, size - place);
    line[size] = seat;
    sequences[seat] = null;
    tenancy[seat]++;
    sequence.run(null, NONE);
  }

  /** Notes what a sequence says of its tokens. */
  void setTokens(int seat, int count, int lastToken) {
    length[seat] = count;
    last[seat] = lastToken;
  }

  int length(int seat) {
    return length[seat];
  }

  int computed(int seat) {
    return computed[seat];
  }

  void setComputed(int seat, int tokens) {
    computed[seat] = tokens;
  }

  /** Returns how many tokens are not cached yet: 1 when decoding. */
  int remaining(int seat) {
    return length[seat] - computed[seat];
  }

  int scheduled(int seat) {
    return scheduled[seat];
  }

  /** Returns whether a step may have rows of it that has none yet. */
  boolean schedulable(int seat) {
    return scheduled[seat] == 0 && length[seat] < longest[seat];
  }

  /** Returns whether what is scheduled is one token that was generated. */
  boolean decodes(int seat) {
    return length[seat] > promptLength[seat] && remaining(seat) == 1;
  }

  /** Returns whether the next token can be chosen once the scheduled rows are computed. */
  boolean completes(int seat) {
    return scheduled[seat] > 0 && scheduled[seat] == remaining(seat);
  }

  /** Returns how many of the scheduled rows have logits. */
  int logitRows(int seat) {
    return logitRows[seat];
  }

  /** Returns how many prompt positions from here on have wanted logits besides the last token's. */
  int promptLogitsLeft(int seat) {
    return Math.max(0, promptScored[seat] - computed[seat]);
  }

  /** Writes the next {@code rows} tokens into a batch that has the sequence's pages already. */
  void fill(int seat, int rows, Batch batch) {
    int from = computed[seat];
    int lastPosition = length[seat] - 1;
    int promptLogitsEnd = from + promptLogitsLeft(seat);
    int wanted = 0;
    for (int i = from; i < from + rows; i++) {
      boolean wantsLogits = i == lastPosition || i < promptLogitsEnd;
      batch.addRow(i == lastPosition ? last[seat] : at(seat).token(i), wantsLogits);
      wanted += wantsLogits ? 1 : 0;
    }
    scheduled[seat] = rows;
    logitRows[seat] = wanted;
  }

  /** The scheduled rows were computed, or will have been before the next ones. */
  void advance(int seat) {
    computed[seat] += scheduled[seat];
    scheduled[seat] = 0;
  }

  /** Checks that seats and sequences agree. */
  void checkIntegrity() {
    boolean[] seen = new boolean[line.length];
    for (int place = 0; place < line.length; place++) {
      int seat = line[place];
      Sequence sequence = sequences[seat];
      require(!seen[seat], seat, "is in line twice");
      seen[seat] = true;
      require((sequence != null) == (place < size), seat, "is free in line, or taken out of it");
      if (sequence != null) {
        require(sequence.seat() == seat, seat, "is not its sequence's");
        require(sequence.saysTokens(length[seat], last[seat]), seat, "has other tokens");
        require(computed[seat] <= length[seat], seat, "has more computed than there is");
      }
    }
  }

  private static void require(boolean ok, int seat, String what) {
    if (!ok) {
      throw new IllegalStateException("seat %d %s".formatted(seat, what));
    }
  }
}
