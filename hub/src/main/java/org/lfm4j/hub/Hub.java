package org.lfm4j.hub;

import java.util.Optional;

/**
 * Models of the Hugging Face Hub on this machine. Thread-safe; processes may share a cache, with
 * each other and with Python's {@code huggingface_hub}.
 */
public final class Hub {
  private final HubSettings settings;
  private final Pauses pauses;
  private final FreeSpace freeSpace;
  private final int blockBytes;

  /** A hub with these settings; nothing is asked before it is needed. */
  public Hub(HubSettings settings) {
    this(settings, Pauses.REAL, FreeSpace.REAL, BlobDownload.BLOCK_BYTES);
  }

  Hub(HubSettings settings, Pauses pauses, FreeSpace freeSpace, int blockBytes) {
    this.settings = settings;
    this.pauses = pauses;
    this.freeSpace = freeSpace;
    this.blockBytes = blockBytes;
  }

  /** Returns the settings. */
  public HubSettings settings() {
    return settings;
  }

  /** Returns what the cache holds, to list, check and remove it. */
  public HubCache cache() {
    return new HubCache(settings);
  }

  /**
   * Returns a model that is complete in the cache, without asking anybody. A branch means the
   * commit that it stood for when it was downloaded.
   */
  public Optional<Snapshot> find(ModelReference model) {
    return new CachedSnapshots(settings).find(model, Selection.of(model));
  }

  /**
   * Returns a model, downloading what the cache lacks. If it lacks nothing, nobody is asked.
   *
   * @throws HubException if it can't be had
   * @throws InterruptedException if this thread is interrupted; what was downloaded is kept
   */
  public Snapshot ensure(ModelReference model, PullListener listener) throws InterruptedException {
    Optional<Snapshot> found = find(model);
    return found.isPresent() ? found.get() : pull(model, Selection.of(model), listener);
  }

  /**
   * Brings the cache to a model's newest state and returns it. Downloads go on where an earlier
   * one, this process's or another's, was broken off.
   *
   * @throws HubException if it can't be had
   * @throws InterruptedException if this thread is interrupted; what was downloaded is kept
   */
  public Snapshot pull(ModelReference model, Selection selection, PullListener listener)
      throws InterruptedException {
    if (settings.offline()) {
      return new CachedSnapshots(settings)
          .find(model, selection)
          .orElseThrow(() -> new CachedSnapshots(settings).missing(model, selection));
    }
    try (HubHttp http = new HubHttp(settings)) {
      HubApi api = new HubApi(settings, http, pauses, listener);
      Transfer transfer = new Transfer(http, api, pauses, listener, settings.connections());
      return new Pull(settings, transfer, freeSpace, blockBytes).run(model, selection);
    }
  }
}
