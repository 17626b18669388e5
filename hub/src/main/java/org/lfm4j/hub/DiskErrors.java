package org.lfm4j.hub;

import java.io.IOException;

/** What the disk's refusals mean. */
final class DiskErrors {
  private DiskErrors() {}

  static HubException explain(IOException e) {
    String message = String.valueOf(e.getMessage());
    return new HubException(
        message.contains("No space left")
            ? "The disk is full: make room, or set HF_HUB_CACHE to another disk; what was downloaded is kept."
            : "The cache can't be written: %s. Check the disk and the folder's owner, or set HF_HUB_CACHE to another folder."
                .formatted(e),
        e);
  }
}
