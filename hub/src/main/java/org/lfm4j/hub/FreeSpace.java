package org.lfm4j.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much a disk still takes; tests pretend. */
@FunctionalInterface
interface FreeSpace {
  /** Of the folder, or of the nearest one above it that exists. */
  FreeSpace REAL =
      folder -> {
        Path existing = folder.toAbsolutePath();
        while (Files.notExists(existing) && existing.getParent() != null) {
          existing = existing.getParent();
        }
        return Files.getFileStore(existing).getUsableSpace();
      };

  long bytes(Path folder) throws IOException;
}
