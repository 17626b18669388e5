package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;

/** A set of code points as sorted ranges that neither touch nor overlap. */
final class CharSet {
  static final int MAX = Character.MAX_CODE_POINT;
  static final CharSet ALL = range(0, MAX);
  static final CharSet NONE = new CharSet(new int[0]);

  /** First and last code point of each range. */
  private final int[] bounds;

  private CharSet(int[] bounds) {
    this.bounds = bounds;
  }

  static CharSet of(int codePoint) {
    return range(codePoint, codePoint);
  }

  static CharSet range(int first, int last) {
    return first > last ? NONE : new CharSet(new int[] {first, last});
  }

  /** Returns the code points that occur in a text. */
  static CharSet anyOf(String text) {
    return union(text.codePoints().mapToObj(CharSet::of).toList());
  }

  static CharSet where(IntPredicate condition) {
    List<CharSet> ranges = new ArrayList<>();
    int first = -1;
    for (int c = 0; c <= MAX + 1; c++) {
      boolean in = c <= MAX && condition.test(c);
      if (in && first < 0) {
        first = c;
      } else if (!in && first >= 0) {
        ranges.add(range(first, c - 1));
        first = -1;
      }
    }
    return union(ranges);
  }

  static CharSet union(List<CharSet> sets) {
    int[][] ranges =
        sets.stream()
            .flatMap(set -> set.ranges().stream())
            .sorted(Comparator.comparingInt(r -> r[0]))
            .toArray(int[][]::new);
    int[] merged = new int[2 * ranges.length];
    int count = 0;
    for (int[] range : ranges) {
      if (count > 0 && range[0] <= merged[count - 1] + 1) {
        merged[count - 1] = Math.max(merged[count - 1], range[1]);
      } else {
        merged[count++] = range[0];
        merged[count++] = range[1];
      }
    }
    return new CharSet(Arrays.copyOf(merged, count));
  }

  CharSet or(CharSet other) {
    return union(List.of(this, other));
  }

  CharSet and(CharSet other) {
    List<CharSet> common = new ArrayList<>();
    int j = 0;
    for (int[] range : ranges()) {
      while (j < other.bounds.length && other.bounds[j + 1] < range[0]) {
        j += 2;
      }
      for (int k = j; k < other.bounds.length && other.bounds[k] <= range[1]; k += 2) {
        common.add(
            range(Math.max(range[0], other.bounds[k]), Math.min(range[1], other.bounds[k + 1])));
      }
    }
    return union(common);
  }

  /** Returns all characters that are not in this set. */
  CharSet not() {
    List<CharSet> gaps = new ArrayList<>();
    int next = 0;
    for (int[] range : ranges()) {
      gaps.add(range(next, range[0] - 1));
      next = range[1] + 1;
    }
    gaps.add(range(next, MAX));
    return union(gaps);
  }

  CharSet minus(CharSet other) {
    return and(other.not());
  }

  boolean contains(int codePoint) {
    for (int i = 0; i < bounds.length; i += 2) {
      if (codePoint >= bounds[i] && codePoint <= bounds[i + 1]) {
        return true;
      }
    }
    return false;
  }

  boolean isEmpty() {
    return bounds.length == 0;
  }

  /** Returns first and last code point of each range. */
  List<int[]> ranges() {
    List<int[]> ranges = new ArrayList<>();
    for (int i = 0; i < bounds.length; i += 2) {
      ranges.add(new int[] {bounds[i], bounds[i + 1]});
    }
    return ranges;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CharSet set && Arrays.equals(bounds, set.bounds);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bounds);
  }
}
