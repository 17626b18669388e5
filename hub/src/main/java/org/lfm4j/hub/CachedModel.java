package org.lfm4j.hub;

import java.time.Instant;
import java.util.List;

/**
 * A repository in the cache.
 *
 * @param repo its name
 * @param revisions its states that are there
 * @param bytes size on disk, everything together and each blob once
 * @param incompleteBytes how much of that is left over from downloads that broke off
 */
public record CachedModel(
    RepoId repo, List<CachedRevision> revisions, long bytes, long incompleteBytes) {
  /** Copies the list. */
  public CachedModel {
    revisions = List.copyOf(revisions);
  }

  /**
   * One state of a repository.
   *
   * @param commit its name
   * @param refs branches and tags that lead to it
   * @param quantizations those of its .gguf files that are there
   * @param files how many files are there
   * @param bytes their sizes together
   * @param complete whether a model can be loaded from it
   * @param modified when the last file was added
   */
  public record CachedRevision(
      String commit,
      List<String> refs,
      List<String> quantizations,
      int files,
      long bytes,
      boolean complete,
      Instant modified) {
    /** Copies the lists. */
    public CachedRevision {
      refs = List.copyOf(refs);
      quantizations = List.copyOf(quantizations);
    }
  }
}
