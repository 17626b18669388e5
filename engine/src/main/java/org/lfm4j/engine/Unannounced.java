package org.lfm4j.engine;

import java.util.ArrayList;
import java.util.List;

/**
 * Streams that have tokens which their readers were not told of. Readers are woken while the next
 * batch is computed: woken before, they would take time, and compete for the processors with the
 * sampling of the others and with the scheduler, while device and workers have nothing to do.
 * Engine thread only.
 */
final class Unannounced implements Runnable {
  private final List<TokenStream> streams = new ArrayList<>();

  void add(TokenStream stream) {
    streams.add(stream);
  }

  /** Tells the readers. */
  @Override
  public void run() {
    for (int i = 0; i < streams.size(); i++) {
      streams.get(i).announce();
    }
    streams.clear();
  }
}
