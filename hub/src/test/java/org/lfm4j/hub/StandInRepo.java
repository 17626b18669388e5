package org.lfm4j.hub;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A repository of the stand-in with its history. */
final class StandInRepo {
  enum Access {
    PUBLIC,
    GATED,
    PRIVATE,
    DISABLED
  }

  final String id;
  volatile Access access = Access.PUBLIC;
  private final Map<String, List<StandInFile>> commits = new LinkedHashMap<>();
  private final Map<String, String> branches = new LinkedHashMap<>();

  StandInRepo(String id) {
    this.id = id;
  }

  /** Commits a new state to a branch and returns its name. */
  synchronized String commit(String branch, List<StandInFile> files) {
    StringBuilder all = new StringBuilder(id);
    files.forEach(file -> all.append(file.path()).append(file.blobId()));
    String commit =
        StandInFile.hash("SHA-1", new byte[0], all.toString().getBytes(StandardCharsets.UTF_8));
    commits.put(commit, List.copyOf(files));
    branches.put(branch, commit);
    return commit;
  }

  synchronized Optional<String> resolve(String revision) {
    String commit = branches.getOrDefault(revision, revision);
    return commits.containsKey(commit) ? Optional.of(commit) : Optional.empty();
  }

  synchronized List<StandInFile> files(String commit) {
    return commits.getOrDefault(commit, List.of());
  }

  Optional<StandInFile> file(String commit, String path) {
    return files(commit).stream().filter(file -> file.path().equals(path)).findFirst();
  }
}
