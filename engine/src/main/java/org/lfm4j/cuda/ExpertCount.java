package org.lfm4j.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.Stream;

/** Counts the experts that a step read, from where its routers left their choices. */
final class ExpertCount {
  private final ModelConfig config;
  private final long offsets;
  private final MemorySegment host;

  /**
   * Prepares to count.
   *
   * @param offsets of {@link Workspace#expertOffset}
   * @param host pinned, {@link #bytes} of them
   */
  ExpertCount(ModelConfig config, long offsets, MemorySegment host) {
    this.config = config;
    this.offsets = offsets;
    this.host = host;
  }

  static long bytes(ModelConfig config) {
    return 4L * Workspace.OFFSETS * config.layers().size();
  }

  /** Enqueues the copy that {@link #perLayer} reads. */
  void download(Stream stream) {
    stream.download(host, offsets);
  }

  /** Returns how many experts had any token, on average over the layers that route. */
  double perLayer() {
    int layers = 0;
    int used = 0;
    for (int layer = 0; layer < config.layers().size(); layer++) {
      if (config.isMoeLayer(layer)) {
        layers++;
        for (int expert = 0; expert < config.moe().orElseThrow().numExperts(); expert++) {
          used += offset(layer, expert + 1) > offset(layer, expert) ? 1 : 0;
        }
      }
    }
    return layers == 0 ? 0 : (double) used / layers;
  }

  private int offset(int layer, int expert) {
    return host.getAtIndex(ValueLayout.JAVA_INT, (long) Workspace.OFFSETS * layer + expert);
  }
}
