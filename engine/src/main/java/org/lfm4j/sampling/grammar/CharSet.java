package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

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

  /** Makes a set of ranges that are given in order and don't touch. */
  static CharSet ofRanges(int[] bounds) {
    return new CharSet(bounds.clone());
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
    if (equals(ALL) || equals(other)) {
      return other;
    }
    int[] common = new int[bounds.length + other.bounds.length];
    int count = 0;
    int i = 0;
    int j = 0;
    while (i < bounds.length && j < other.bounds.length) {
      int first = Math.max(bounds[i], other.bounds[j]);
      int last = Math.min(bounds[i + 1], other.bounds[j + 1]);
      if (first <= last) {
        common[count++] = first;
        common[count++] = last;
      }
      if (bounds[i + 1] < other.bounds[j + 1]) {
        i += 2;
      } else {
        j += 2;
      }
    }
    return new CharSet(Arrays.copyOf(common, count));
  }

  /** Returns all characters that are not in this set. */
  CharSet not() {
    int[] gaps = new int[bounds.length + 2];
    int count = 0;
    int next = 0;
    for (int i = 0; i < bounds.length; i += 2) {
      if (next < bounds[i]) {
        gaps[count++] = next;
        gaps[count++] = bounds[i] - 1;
      }
      next = bounds[i + 1] + 1;
    }
    if (next <= MAX) {
      gaps[count++] = next;
      gaps[count++] = MAX;
    }
    return new CharSet(Arrays.copyOf(gaps, count));
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

  /** Returns how many ranges there are. */
  int size() {
    return bounds.length / 2;
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
