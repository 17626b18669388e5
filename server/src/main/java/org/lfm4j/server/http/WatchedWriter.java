package org.lfm4j.server.http;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataWriter;

/** Notes when a write begins and ends. */
record WatchedWriter(DataWriter writer, TransferProgress progress) implements DataWriter {
  @Override
  public void write(BufferData... buffers) {
    timed(() -> writer.write(buffers));
  }

  @Override
  public void write(BufferData buffer) {
    timed(() -> writer.write(buffer));
  }

  @Override
  public void writeNow(BufferData... buffers) {
    timed(() -> writer.writeNow(buffers));
  }

  @Override
  public void writeNow(BufferData buffer) {
    timed(() -> writer.writeNow(buffer));
  }

  @Override
  public void flush() {
    timed(writer::flush);
  }

  @Override
  public void close() {
    writer.close();
  }

  private void timed(Runnable write) {
    progress.writes();
    try {
      write.run();
    } finally {
      progress.written();
    }
  }
}
