package org.lfm4j.cuda.driver;

/** Recorded work that one call replays. Arguments of its kernels are those of the recording. */
public final class Graph implements AutoCloseable {
  private final long handle;
  private boolean closed;

  /** Instantiates a recorded graph, which is destroyed. */
  Graph(long template) {
    try {
      this.handle = Driver.longFrom(out -> Driver.GRAPH_INSTANTIATE.call(out, template, 0L));
    } finally {
      Driver.GRAPH_DESTROY.call(template);
    }
  }

  /**
   * Sends the graph to the device ahead of its first launch, which is then as fast as later ones.
   */
  public void upload(Stream stream) {
    Driver.GRAPH_UPLOAD.call(handle, stream.handle());
  }

  /** Enqueues all of the work; launches of one graph follow each other. */
  public void launch(Stream stream) {
    Driver.GRAPH_LAUNCH.call(handle, stream.handle());
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Driver.GRAPH_EXEC_DESTROY.call(handle);
    }
  }
}
