package org.lfm4j.text.tools;

/** Text of a stream that waits until it is known where the next marker is. */
final class HeldText {
  private final StringBuilder text = new StringBuilder();
  private int searched;

  void add(String more) {
    text.append(more);
  }

  int length() {
    return text.length();
  }

  char charAt(int index) {
    return text.charAt(index);
  }

  boolean startsWith(String marker, int at) {
    return text.indexOf(marker, at) == at;
  }

  /**
   * Finds the first of these markers. A caller asks for the same markers until it takes text.
   *
   * @return its place, or -1 if none is complete
   */
  int find(String... markers) {
    int first = -1;
    int longest = 1;
    for (String marker : markers) {
      int at = text.indexOf(marker, searched);
      if (at >= 0 && (first < 0 || at < first)) {
        first = at;
      }
      longest = Math.max(longest, marker.length());
    }
    if (first < 0) {
      searched = Math.max(0, text.length() - longest + 1);
    }
    return first;
  }

  /** Returns how many characters can't be part of a marker that is still incomplete. */
  int settled(String... markers) {
    int pending = 0;
    for (String marker : markers) {
      for (int n = Math.min(marker.length() - 1, text.length()); n > pending; n--) {
        if (startsWith(marker.substring(0, n), text.length() - n)) {
          pending = n;
        }
      }
    }
    return text.length() - pending;
  }

  /** Takes text from the front. */
  String take(int length) {
    String taken = text.substring(0, length);
    text.delete(0, length);
    searched = 0;
    return taken;
  }

  String takeAll() {
    return take(text.length());
  }
}
