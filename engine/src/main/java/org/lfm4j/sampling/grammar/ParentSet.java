package org.lfm4j.sampling.grammar;

/**
 * All the rules that may be waiting for one to end; several where the grammar is ambiguous so far.
 * Interned by {@link Machine}.
 */
final class ParentSet {
  private final int id;
  private final Frame[] frames;

  /**
   * Describes a set.
   *
   * @param id tells it from all others of its grammar
   * @param frames in the order of their ids
   */
  ParentSet(int id, Frame[] frames) {
    this.id = id;
    this.frames = frames;
  }

  int id() {
    return id;
  }

  Frame[] frames() {
    return frames;
  }
}
