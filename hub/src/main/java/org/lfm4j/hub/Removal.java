package org.lfm4j.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Takes things out of a repository's folder. Links are unlinked, what they lead to is not. */
final class Removal {
  private final RepoId repo;
  private final RepoCache cache;
  private final Inventory inventory;

  Removal(HubSettings settings, RepoId repo) {
    this.repo = repo;
    this.cache = new RepoCache(settings, repo);
    this.inventory = new Inventory(settings, repo);
  }

  void remove(ModelReference model) throws IOException {
    if (!Files.isDirectory(cache.folder())) {
      throw notThere(model);
    }
    requireNoDownload();
    boolean everyRevision = model.revision().equals(ModelReference.MAIN);
    if (everyRevision && model.quantization().isEmpty()) {
      removeAll();
      return;
    }
    Optional<String> commit = everyRevision ? Optional.empty() : cache.commit(model.revision());
    if (!everyRevision && commit.filter(c -> Files.exists(cache.snapshot(c))).isEmpty()) {
      throw notThere(model);
    }
    int removed = 0;
    for (Path snapshot : inventory.snapshots()) {
      if (everyRevision || snapshot.equals(cache.snapshot(commit.orElseThrow()))) {
        removed += removeFrom(snapshot, model.quantization());
      }
    }
    if (removed == 0) {
      throw notThere(model);
    }
    removeUnusedBlobs();
  }

  private static HubException notThere(ModelReference model) {
    return new HubException("%s is not in the cache: lfm list shows what is.".formatted(model));
  }

  private void requireNoDownload() throws IOException {
    for (Path lock : Inventory.files(cache.locks())) {
      Optional<CacheLock> free = CacheLock.tryAcquire(lock);
      if (free.isEmpty()) {
        throw new HubException(
            "%s is being downloaded right now: stop that first.".formatted(repo));
      }
      free.get().close();
    }
  }

  /** Refs go first: whoever looks meanwhile finds nothing rather than half of something. */
  private void removeAll() throws IOException {
    for (String part : List.of("refs", "snapshots", "")) {
      Path folder = cache.folder().resolve(part).normalize();
      for (Path file : Inventory.files(folder)) {
        Files.deleteIfExists(file);
      }
      deleteFolders(folder);
    }
  }

  private static void deleteFolders(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (var entries = Files.walk(folder)) {
        for (Path entry : entries.toList().reversed()) {
          Files.deleteIfExists(entry);
        }
      }
    }
  }

  private int removeFrom(Path snapshot, Optional<String> quantization) throws IOException {
    int removed = 0;
    for (Path file : Inventory.files(snapshot)) {
      String path = snapshot.relativize(file).toString().replace('\\', '/');
      boolean meant =
          quantization
              .map(name -> Quantization.of(path).filter(name::equalsIgnoreCase).isPresent())
              .orElse(true);
      if (meant) {
        RepoCache.deleteUpTo(snapshot, file);
        removed++;
      }
    }
    if (Files.notExists(snapshot)) {
      forget(snapshot.getFileName().toString());
    }
    return removed;
  }

  /** A ref to a commit that isn't there makes Python call the whole repository corrupt. */
  private void forget(String commit) throws IOException {
    Path refs = cache.folder().resolve("refs");
    for (Path ref : Inventory.files(refs)) {
      if (Files.readString(ref).strip().equals(commit)) {
        RepoCache.deleteUpTo(refs, ref);
      }
    }
    Files.deleteIfExists(cache.folder().resolve("trees").resolve(commit + ".json"));
    deleteFolders(cache.folder().resolve(".no_exist").resolve(commit));
  }

  private void removeUnusedBlobs() throws IOException {
    Set<Path> used = new HashSet<>();
    for (Path file : Inventory.files(cache.folder().resolve("snapshots"))) {
      if (Files.isSymbolicLink(file)) {
        used.add(RepoCache.target(file));
      }
    }
    for (Path blob : Inventory.files(cache.blobs())) {
      if (!used.contains(blob.normalize()) && !blob.toString().endsWith(".incomplete")) {
        Files.deleteIfExists(blob);
      }
    }
    if (inventory.snapshots().isEmpty() && inventory.incompleteFiles().isEmpty()) {
      removeAll();
    }
  }

  void removeIncomplete() throws IOException {
    for (Path file : inventory.incompleteFiles()) {
      String name = file.getFileName().toString();
      String etag = name.substring(0, name.indexOf('.'));
      Optional<CacheLock> free = CacheLock.tryAcquire(cache.lock(etag));
      if (free.isPresent()) {
        try (CacheLock _ = free.get()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  void discard(Verification verification) throws IOException {
    requireNoDownload();
    for (Verification.Problem problem : verification.problems()) {
      Path pointer = cache.snapshot(verification.commit()).resolve(problem.path());
      if (Files.isSymbolicLink(pointer)) {
        Path blob = RepoCache.target(pointer);
        if (blob.startsWith(cache.blobs())) {
          Files.deleteIfExists(blob);
        }
      }
      Files.deleteIfExists(pointer);
    }
  }
}
