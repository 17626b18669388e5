package org.lfm4j.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;

/** Hashes the files of a snapshot. */
final class Verifier {
  private static final int BUFFER_BYTES = 1 << 20;

  private final HubSettings settings;
  private final ModelReference model;
  private final RepoCache cache;
  private final PullListener listener;
  private final Queue<Verification.Problem> problems = new ConcurrentLinkedQueue<>();

  Verifier(HubSettings settings, ModelReference model, PullListener listener) {
    this.settings = settings;
    this.model = model;
    this.cache = new RepoCache(settings, model.repo());
    this.listener = listener;
  }

  Verification verify() throws InterruptedException {
    String commit =
        cache
            .commit(model.revision())
            .filter(known -> Files.isDirectory(cache.snapshot(known)))
            .orElseThrow(() ->
                new HubException(
                    "%s is not in %s: lfm pull %s downloads it."
                        .formatted(model, settings.cache(), model)));
    try {
      List<RepoFile> files = expected(commit);
      List<RepoFile> present = new ArrayList<>();
      for (RepoFile file : files) {
        if (Files.isRegularFile(cache.pointer(commit, file))) {
          present.add(file);
        } else {
          problems.add(new Verification.Problem(file.path(), "missing"));
        }
      }
      long bytes = present.stream().mapToLong(RepoFile::size).sum();
      listener.started(present.size(), bytes);
      hash(commit, present);
      listener.finished();
      return new Verification(
          model.repo(),
          commit,
          present.size(),
          bytes,
          problems.stream().sorted(Comparator.comparing(Verification.Problem::path)).toList());
    } catch (IOException e) {
      throw DiskErrors.explain(e);
    }
  }

  /** What should be there: the wanted files, and whatever else of the repository is. */
  private List<RepoFile> expected(String commit) throws IOException {
    Optional<RepoTree> tree = cache.tree(commit);
    if (tree.isPresent()) {
      List<RepoFile> wanted = wanted(tree.get());
      return tree.get().files().stream()
          .filter(file -> wanted.contains(file) || Files.exists(cache.pointer(commit, file)))
          .toList();
    }
    List<RepoFile> files = new ArrayList<>();
    for (Path file : Inventory.files(cache.snapshot(commit))) {
      named(commit, file).ifPresent(files::add);
    }
    return files;
  }

  /** A repository of .gguf files, some of which are there, needs no others. */
  private List<RepoFile> wanted(RepoTree tree) {
    boolean someModelIsThere =
        tree.files().stream()
            .anyMatch(
                file -> Quantization.isModel(file.path()) && cache.holds(tree.commit(), file));
    return someModelIsThere && model.quantization().isEmpty()
        ? List.of()
        : Selection.of(model).choose(tree);
  }

  /** Without a list, a blob's name is its hash. */
  private Optional<RepoFile> named(String commit, Path pointer) throws IOException {
    if (!Files.isSymbolicLink(pointer)) {
      return Optional.empty();
    }
    String path = cache.snapshot(commit).relativize(pointer).toString().replace('\\', '/');
    String etag = Files.readSymbolicLink(pointer).getFileName().toString();
    long size = Files.exists(pointer) ? Files.size(pointer) : 0;
    return switch (etag.length()) {
      case 40 -> Optional.of(new RepoFile(path, size, etag, Optional.empty(), Optional.empty()));
      case 64 ->
          Optional.of(
              new RepoFile(path, size, "0".repeat(40), Optional.of(etag), Optional.empty()));
      default -> Optional.empty();
    };
  }

  private void hash(String commit, List<RepoFile> files) throws InterruptedException {
    Semaphore processors = new Semaphore(Runtime.getRuntime().availableProcessors());
    List<Tasks.Task> tasks = new ArrayList<>();
    for (RepoFile file : files) {
      tasks.add(() -> {
        processors.acquire();
        try {
          check(cache.pointer(commit, file), file);
        } finally {
          processors.release();
        }
      });
    }
    Tasks.runAll(tasks);
  }

  private void check(Path pointer, RepoFile file) throws IOException {
    long size = Files.size(pointer);
    if (size != file.size()) {
      problem(file, "has %d bytes instead of %d".formatted(size, file.size()));
      return;
    }
    MessageDigest digest = file.digest();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    try (FileChannel channel = FileChannel.open(pointer)) {
      while (channel.read(buffer.clear()) >= 0) {
        listener.transferred(buffer.flip().remaining());
        digest.update(buffer);
      }
    }
    if (!file.matches(digest)) {
      problem(file, "has other bytes than %s stands for".formatted(file.etag()));
    }
  }

  private void problem(RepoFile file, String what) {
    problems.add(new Verification.Problem(file.path(), what));
  }
}
