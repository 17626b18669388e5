package org.lfm4j.runner;

/** What a runner remembers of one sequence: keys and values, and convolution state. */
public interface SequenceState extends AutoCloseable {

  /** Returns how many tokens have been appended. */
  int length();

  /** Returns how many tokens fit. */
  int capacity();

  /** Frees the memory. */
  @Override
  void close();
}
