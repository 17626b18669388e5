package org.lfm4j.cli.vast;

import java.util.List;

/** Finds what is new in a snapshot of a log. */
final class LogTail {
  /** As many lines are compared at most: logs repeat themselves. */
  private static final int WINDOW = 50;

  private List<String> last = List.of();

  /**
   * Returns the lines that came after those of the snapshot before. If none of those is there any
   * more, all lines are new.
   */
  List<String> fresh(List<String> snapshot) {
    List<String> before = last.subList(Math.max(0, last.size() - WINDOW), last.size());
    last = List.copyOf(snapshot);
    for (int from = 0; from < before.size(); from++) {
      List<String> known = before.subList(from, before.size());
      int end = endOf(known, snapshot, from == 0);
      if (end >= 0) {
        return snapshot.subList(end, snapshot.size());
      }
    }
    return snapshot;
  }

  /**
   * A shorter run than the whole window counts only at the snapshot's beginning: the rest rolled
   * off.
   */
  private static int endOf(List<String> known, List<String> snapshot, boolean whole) {
    int lastStart =
        whole ? snapshot.size() - known.size() : Math.min(0, snapshot.size() - known.size());
    for (int start = lastStart; start >= 0; start--) {
      if (snapshot.subList(start, start + known.size()).equals(known)) {
        return start + known.size();
      }
    }
    return -1;
  }
}
