package org.lfm4j.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Fetches one file's content into the cache, over several connections: each lane takes a run of
 * missing blocks, asks for that range and writes it where it belongs, until none are left.
 */
final class BlobDownload {
  static final int BLOCK_BYTES = 1 << 20;

  /** A request costs a round trip: 32 MiB make that small, and still share well between lanes. */
  private static final int MOST_BLOCKS = 32;

  private static final int MOST_ATTEMPTS = 2;

  private final Transfer transfer;
  private final RepoTree tree;
  private final RepoFile file;
  private final RepoCache cache;
  private final RemoteFile remote;
  private final int blockBytes;
  private final ReentrantLock sequential = new ReentrantLock();
  private volatile boolean rangesIgnored;

  BlobDownload(Transfer transfer, RepoTree tree, RepoFile file, RepoCache cache, int blockBytes) {
    this.transfer = transfer;
    this.tree = tree;
    this.file = file;
    this.cache = cache;
    this.remote = new RemoteFile(transfer.api(), tree, file);
    this.blockBytes = blockBytes;
  }

  /** Returns once the blob is in the cache, verified. */
  void run() throws IOException, InterruptedException {
    try (CacheLock _ = CacheLock.acquire(cache.lock(file.etag()), transfer.listener())) {
      if (cache.holdsBlob(file)) {
        // Another process has had the lock, and the same wish.
        transfer.listener().found(file.size());
        return;
      }
      for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
        try (PartialFile partial = PartialFile.open(cache.blobs(), file, blockBytes)) {
          transfer.listener().found(partial.presentBytes());
          fetchAll(partial);
          if (partial.verified()) {
            partial.moveTo(cache.blob(file));
            return;
          }
          partial.discard();
        }
        transfer.listener().found(-file.size());
        transfer
            .listener()
            .notice("%s arrived with wrong bytes and is thrown away.".formatted(file.path()));
      }
    }
    throw new HubException(
        "%s of %s arrived %d times with a hash that is not %s: something between here and the Hub changes files, a proxy perhaps."
            .formatted(file.path(), tree.repo(), MOST_ATTEMPTS, file.etag()));
  }

  private void fetchAll(PartialFile partial) throws InterruptedException {
    int missing = partial.blocks().missing();
    if (missing == 0) {
      return;
    }
    int lanes = Math.min(transfer.lanes(), missing);
    int most = Math.clamp(missing / lanes, 1, MOST_BLOCKS);
    List<Tasks.Task> tasks = new ArrayList<>();
    for (int i = 0; i < lanes; i++) {
      tasks.add(() -> lane(partial, most));
    }
    Tasks.runAll(tasks);
  }

  private void lane(PartialFile partial, int most) throws IOException, InterruptedException {
    Retries retries = transfer.retries();
    try {
      while (mayGoOn()) {
        Optional<BlockMap.Run> run = partial.blocks().take(most);
        if (run.isEmpty()) {
          return;
        }
        Optional<TransientFault> fault = fetch(partial, run.get(), retries);
        partial.blocks().giveBack(run.get());
        if (fault.isPresent()) {
          retries.pause(fault.get());
        }
        partial.digestPrefix();
      }
    } finally {
      if (sequential.isHeldByCurrentThread()) {
        sequential.unlock();
      }
    }
  }

  /** Where ranges are ignored, one lane reads the whole file and the others have nothing to do. */
  private boolean mayGoOn() {
    return !rangesIgnored || sequential.isHeldByCurrentThread() || sequential.tryLock();
  }

  private Optional<TransientFault> fetch(PartialFile partial, BlockMap.Run run, Retries retries)
      throws IOException, InterruptedException {
    try {
      transfer.connect(() -> request(partial, run, retries));
      return Optional.empty();
    } catch (TransientFault fault) {
      return Optional.of(fault);
    }
  }

  private void request(PartialFile partial, BlockMap.Run run, Retries retries)
      throws TransientFault, IOException, InterruptedException {
    long start = partial.startOf(run);
    long end = partial.endOf(run);
    boolean whole = rangesIgnored || (start == 0 && end == file.size());
    Map<String, String> headers =
        whole ? Map.of() : Map.of("Range", "bytes=%d-%d".formatted(start, end - 1));
    HubApi.Location location = remote.location();
    try (HubResponse response = transfer.http().get(location.uri(), headers)) {
      switch (response.status()) {
        case 206 -> {
          requireRange(response, start, end);
          copy(response, partial, run, retries);
        }
        case 200 -> {
          if (!whole) {
            rangesIgnored = true;
          }
          if (!mayGoOn()) {
            return;
          }
          copy(response, partial, new BlockMap.Run(0, partial.blocks().count()), retries);
        }
        default -> refuse(response, location);
      }
    }
  }

  private void requireRange(HubResponse response, long start, long end) throws TransientFault {
    String expected = "bytes %d-%d/%d".formatted(start, end - 1, file.size());
    String range = response.header("Content-Range").orElse("no range");
    if (!range.equals(expected)) {
      throw new TransientFault(
          "%s sent '%s' instead of '%s'".formatted(HubHttp.shown(response.uri()), range, expected));
    }
  }

  private static void requireLength(HubResponse response, long expected) throws TransientFault {
    long length = response.headers().firstValueAsLong("Content-Length").orElse(expected);
    if (length != expected) {
      throw new TransientFault(
          "%s announced %d bytes instead of %d"
              .formatted(HubHttp.shown(response.uri()), length, expected));
    }
  }

  private void copy(HubResponse response, PartialFile partial, BlockMap.Run run, Retries retries)
      throws TransientFault, IOException, InterruptedException {
    requireLength(response, partial.endOf(run) - partial.startOf(run));
    try (PartialFile.Writer writer =
        partial.writer(run, bytes -> transfer.listener().transferred(bytes))) {
      int finished = 0;
      Optional<List<ByteBuffer>> batch = next(response);
      while (batch.isPresent()) {
        for (ByteBuffer bytes : batch.get()) {
          write(writer, bytes, response);
        }
        if (writer.finished() > finished) {
          finished = writer.finished();
          retries.progress();
        }
        batch = next(response);
      }
      if (!writer.complete()) {
        throw new TransientFault(
            "%s ended before its last byte".formatted(HubHttp.shown(response.uri())));
      }
    }
  }

  private static Optional<List<ByteBuffer>> next(HubResponse response)
      throws TransientFault, InterruptedException {
    try {
      return response.body().next();
    } catch (IOException e) {
      throw new TransientFault(HubHttp.shown(response.uri()) + ": " + e.getMessage());
    }
  }

  private static void write(PartialFile.Writer writer, ByteBuffer bytes, HubResponse response)
      throws TransientFault, IOException {
    try {
      writer.write(bytes);
    } catch (IllegalArgumentException e) {
      throw new TransientFault(
          "%s sent %s".formatted(HubHttp.shown(response.uri()), e.getMessage()));
    }
  }

  /** A signed address lives for an hour or so: after any refusal it is asked for again. */
  private void refuse(HubResponse response, HubApi.Location location) throws TransientFault {
    if (HubErrors.isTransient(response.status())) {
      throw HubErrors.fault(response);
    }
    remote.expire(location);
    throw new TransientFault(
        "%s answered with status %d for %s"
            .formatted(HubHttp.shown(response.uri()), response.status(), file.path()));
  }
}
