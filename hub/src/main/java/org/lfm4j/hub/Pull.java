package org.lfm4j.hub;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/** One download of a model: what is missing of its newest state. */
final class Pull {
  /** Left free for everything else that writes to the disk meanwhile. */
  private static final long MARGIN_BYTES = 64L << 20;

  private final HubSettings settings;
  private final Transfer transfer;
  private final FreeSpace freeSpace;
  private final int blockBytes;

  Pull(HubSettings settings, Transfer transfer, FreeSpace freeSpace, int blockBytes) {
    this.settings = settings;
    this.transfer = transfer;
    this.freeSpace = freeSpace;
    this.blockBytes = blockBytes;
  }

  Snapshot run(ModelReference model, Selection selection) throws InterruptedException {
    try {
      return pull(model, selection);
    } catch (IOException e) {
      throw DiskErrors.explain(e);
    }
  }

  private Snapshot pull(ModelReference model, Selection selection)
      throws IOException, InterruptedException {
    RepoCache cache = new RepoCache(settings, model.repo());
    String commit =
        model.pinned() ? model.revision() : transfer.api().commit(model.repo(), model.revision());
    Optional<RepoTree> known = cache.tree(commit);
    RepoTree tree = known.isPresent() ? known.get() : transfer.api().tree(model.repo(), commit);
    cache.prepare(commit);
    if (known.isEmpty()) {
      TreeCache.write(cache.folder(), tree);
    }
    for (String path : selection.paths()) {
      if (tree.file(path).isEmpty()) {
        cache.markAbsent(commit, path);
      }
    }
    List<RepoFile> wanted = selection.choose(tree);
    List<RepoFile> missing = wanted.stream().filter(file -> !cache.holds(commit, file)).toList();
    if (!missing.isEmpty()) {
      fetch(tree, missing, cache);
    }
    // Only now, so that offline a branch always leads to files that are there.
    cache.writeRef(model.revision(), commit);
    return new Snapshot(model.repo(), commit, cache.snapshot(commit), wanted);
  }

  private void fetch(RepoTree tree, List<RepoFile> missing, RepoCache cache)
      throws IOException, InterruptedException {
    List<RepoFile> absent = distinct(missing.stream().filter(f -> !cache.holdsBlob(f)).toList());
    if (!absent.isEmpty()) {
      // A gated repository lists its files to everybody and refuses only now.
      HubApi.Location _ = transfer.api().locate(tree, absent.getFirst());
      requireSpace(tree.repo(), absent, cache);
      transfer.listener().started(absent.size(), absent.stream().mapToLong(RepoFile::size).sum());
      download(tree, absent, cache);
      transfer.listener().finished();
    }
    point(tree.commit(), missing, absent, cache);
  }

  /** Where snapshots hold files themselves, the last one of equal files takes a new blob away. */
  private static void point(
      String commit, List<RepoFile> missing, List<RepoFile> fresh, RepoCache cache)
      throws IOException {
    Map<String, Integer> uses = new HashMap<>();
    missing.forEach(file -> uses.merge(file.etag(), 1, Integer::sum));
    Set<String> fetched = fresh.stream().map(RepoFile::etag).collect(Collectors.toSet());
    for (RepoFile file : missing) {
      boolean last = uses.merge(file.etag(), -1, Integer::sum) == 0;
      cache.point(commit, file, last && fetched.contains(file.etag()));
    }
  }

  private static List<RepoFile> distinct(List<RepoFile> files) {
    Set<String> seen = new HashSet<>();
    return files.stream().filter(file -> seen.add(file.etag())).toList();
  }

  private void requireSpace(RepoId repo, List<RepoFile> files, RepoCache cache) throws IOException {
    long needed = MARGIN_BYTES;
    for (RepoFile file : files) {
      needed += file.size() - PartialFile.leftBytes(cache.blobs(), file, blockBytes);
    }
    long free = freeSpace.bytes(cache.folder());
    if (free < needed) {
      throw new HubException(
          "%s needs %s more on the disk of %s, which has %s left: make room (lfm list, lfm rm), set HF_HUB_CACHE to another disk, or take a smaller quantisation."
              .formatted(repo, Sizes.of(needed), settings.cache(), Sizes.of(free)));
    }
  }

  private void download(RepoTree tree, List<RepoFile> files, RepoCache cache)
      throws InterruptedException {
    Semaphore atOnce = new Semaphore(transfer.lanes(), true);
    List<Tasks.Task> tasks = new ArrayList<>();
    // Small ones first: what says how the rest is to be read is soon there.
    files.stream()
        .sorted(Comparator.comparing((RepoFile file) -> file.sha256().isPresent()))
        .map(file -> new BlobDownload(transfer, tree, file, cache, blockBytes))
        .forEach(blob ->
            tasks.add(() -> {
              atOnce.acquire();
              try {
                blob.run();
              } finally {
                atOnce.release();
              }
            }));
    Tasks.runAll(tasks);
  }
}
