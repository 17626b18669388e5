package org.lfm4j.hub;

import java.util.List;

/**
 * What a check of a model's files found.
 *
 * @param repo whose files
 * @param commit of which state
 * @param files how many were hashed
 * @param bytes their sizes together
 * @param problems files that are missing or not what they should be
 */
public record Verification(
    RepoId repo, String commit, int files, long bytes, List<Problem> problems) {
  /** Copies the list. */
  public Verification {
    problems = List.copyOf(problems);
  }

  /**
   * A file that is not as it should be.
   *
   * @param path the file
   * @param what is wrong with it, in a few words
   */
  public record Problem(String path, String what) {}
}
