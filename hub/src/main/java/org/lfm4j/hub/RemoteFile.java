package org.lfm4j.hub;

import java.util.Optional;

/** A file's present address, shared by its lanes. */
final class RemoteFile {
  private final HubApi api;
  private final RepoTree tree;
  private final RepoFile file;
  private Optional<HubApi.Location> known = Optional.empty();

  RemoteFile(HubApi api, RepoTree tree, RepoFile file) {
    this.api = api;
    this.tree = tree;
    this.file = file;
  }

  /** Returns the address, asking the Hub if none is known. */
  synchronized HubApi.Location location() throws InterruptedException {
    if (known.isEmpty()) {
      known = Optional.of(api.locate(tree, file));
    }
    return known.get();
  }

  /** Forgets an address that was refused, unless there is a newer one. */
  synchronized void expire(HubApi.Location location) {
    if (known.equals(Optional.of(location))) {
      known = Optional.empty();
    }
  }
}
