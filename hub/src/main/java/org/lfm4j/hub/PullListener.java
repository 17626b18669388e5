package org.lfm4j.hub;

/** Is told how a download goes, from many threads at once. */
public interface PullListener {
  /** Hears nothing. */
  PullListener SILENT = new PullListener() {};

  /**
   * The files are known and the download begins.
   *
   * @param files how many are missing
   * @param bytes their sizes together
   */
  default void started(int files, long bytes) {}

  /**
   * Bytes were there already, from an earlier download that broke off.
   *
   * @param bytes how many; negative when they turn out to be wrong
   */
  default void found(long bytes) {}

  /**
   * Bytes have arrived.
   *
   * @param bytes how many; negative when some have to be fetched again
   */
  default void transferred(long bytes) {}

  /** All files are there and verified. */
  default void finished() {}

  /** Something that a user may want to know, in a sentence. */
  default void notice(String message) {}
}
