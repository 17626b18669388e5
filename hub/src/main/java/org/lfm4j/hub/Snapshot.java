package org.lfm4j.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * Files of a repository that are on this machine.
 *
 * @param repo the repository
 * @param commit which state of it
 * @param directory folder of that state; it may hold more files
 * @param files those that were wanted
 */
public record Snapshot(RepoId repo, String commit, Path directory, List<RepoFile> files) {
  /** Copies the list. */
  public Snapshot {
    files = List.copyOf(files);
  }

  /** Returns what a loader opens: the (first) .gguf file if one was wanted, else the directory. */
  public Path model() {
    boolean safetensors = files.stream().anyMatch(file -> file.path().endsWith(".safetensors"));
    return files.stream()
        .filter(file -> !safetensors && Quantization.isModel(file.path()))
        .findFirst()
        .map(file -> directory.resolve(file.path()))
        .orElse(directory);
  }

  /** Returns the size of the wanted files in bytes. */
  public long bytes() {
    return files.stream().mapToLong(RepoFile::size).sum();
  }
}
