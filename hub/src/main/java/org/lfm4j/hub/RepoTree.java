package org.lfm4j.hub;

import java.util.List;
import java.util.Optional;

/**
 * All files of a repository at a commit.
 *
 * @param repo the repository
 * @param commit 40 hexadecimal digits
 * @param files in the order of their paths
 */
public record RepoTree(RepoId repo, String commit, List<RepoFile> files) {
  /** Copies the list. */
  public RepoTree {
    files = List.copyOf(files);
  }

  /** Returns the file of a path. */
  Optional<RepoFile> file(String path) {
    return files.stream().filter(file -> file.path().equals(path)).findFirst();
  }
}
