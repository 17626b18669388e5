package org.lfm4j.text;

/** Turns ids into text one at a time, never cutting a character in two. Not thread-safe. */
public final class StreamDecoder {
  StreamDecoder() {}

  /** Appends a token and returns the text that became complete, possibly empty. */
  public String push(int id) {
    throw new TextException("not built yet: " + id);
  }

  /** Returns what is left: bytes that never became a character come out as U+FFFD. */
  public String finish() {
    throw new TextException("not built yet");
  }
}
