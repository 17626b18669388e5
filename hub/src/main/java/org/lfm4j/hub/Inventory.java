package org.lfm4j.hub;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What lies in one repository's folder. */
final class Inventory {
  private final HubSettings settings;
  private final RepoId repo;
  private final RepoCache cache;

  Inventory(HubSettings settings, RepoId repo) {
    this.settings = settings;
    this.repo = repo;
    this.cache = new RepoCache(settings, repo);
  }

  CachedModel model() {
    try {
      List<CachedModel.CachedRevision> revisions = new ArrayList<>();
      for (Path snapshot : snapshots()) {
        if (!files(snapshot).isEmpty()) {
          revisions.add(revision(snapshot));
        }
      }
      long incomplete = 0;
      for (Path file : incompleteFiles()) {
        incomplete += size(file);
      }
      return new CachedModel(repo, revisions, bytes(), incomplete);
    } catch (IOException e) {
      throw DiskErrors.explain(e);
    }
  }

  List<Path> snapshots() throws IOException {
    return list(cache.folder().resolve("snapshots")).stream().filter(Files::isDirectory).toList();
  }

  List<Path> incompleteFiles() throws IOException {
    return list(cache.blobs()).stream()
        .filter(file -> file.getFileName().toString().endsWith(".incomplete"))
        .toList();
  }

  private static List<Path> list(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  private CachedModel.CachedRevision revision(Path snapshot) throws IOException {
    String commit = snapshot.getFileName().toString();
    List<Path> files = files(snapshot).stream().filter(Files::isRegularFile).toList();
    long bytes = 0;
    Instant modified = Files.getLastModifiedTime(snapshot).toInstant();
    for (Path file : files) {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      bytes += attributes.size();
      FileTime time = attributes.lastModifiedTime();
      modified = time.toInstant().isAfter(modified) ? time.toInstant() : modified;
    }
    List<String> quantizations = quantizations(snapshot, files);
    return new CachedModel.CachedRevision(
        commit,
        refs().getOrDefault(commit, List.of()),
        quantizations,
        files.size(),
        bytes,
        !quantizations.isEmpty() || isComplete(commit),
        modified);
  }

  private boolean isComplete(String commit) {
    if (!ModelReference.isCommit(commit)) {
      return false;
    }
    ModelReference model = new ModelReference(repo, Optional.empty(), commit);
    try {
      return new CachedSnapshots(settings).find(model, Selection.of(model)).isPresent();
    } catch (HubException e) {
      return false;
    }
  }

  private static List<String> quantizations(Path snapshot, List<Path> files) {
    return files.stream()
        .map(file -> snapshot.relativize(file).toString().replace('\\', '/'))
        .flatMap(path -> Quantization.of(path).stream())
        .distinct()
        .sorted()
        .toList();
  }

  /** Returns all files and links below a folder, without following links. */
  static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.walk(folder)) {
      return entries
          .filter(file -> Files.isSymbolicLink(file) || Files.isRegularFile(file))
          .sorted()
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private Map<String, List<String>> refs() throws IOException {
    Path folder = cache.folder().resolve("refs");
    Map<String, List<String>> refs = new TreeMap<>();
    for (Path file : files(folder)) {
      String name = folder.relativize(file).toString().replace('\\', '/');
      refs.computeIfAbsent(Files.readString(file).strip(), commit -> new ArrayList<>()).add(name);
    }
    return refs;
  }

  /** Returns the size of everything, what links lead to included, each blob once. */
  long bytes() throws IOException {
    long bytes = 0;
    for (Path file : files(cache.blobs())) {
      bytes += size(file);
    }
    for (Path file : files(cache.folder().resolve("snapshots"))) {
      bytes += Files.isSymbolicLink(file) ? 0 : size(file);
    }
    return bytes;
  }

  private static long size(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }
}
