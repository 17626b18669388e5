package org.lfm4j.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * The way of those wanted logits that the host reads ({@link Batch#hostLogits}), in runs of rows
 * that lie side by side. Belongs to the runner's thread.
 *
 * @param host pinned, FP32 [most rows, vocabSize]
 * @param device address of as many
 */
record HostLogits(MemorySegment host, long device, int vocabSize) {

  /** Is told of such logits: so many from a first one on. */
  private interface Rows {
    void accept(int first, int count);
  }

  private static void eachRun(Batch batch, Rows rows) {
    int first = 0;
    for (int i = 0; i <= batch.logitCount(); i++) {
      if (i == batch.logitCount() || !batch.hostLogits(i)) {
        if (i > first) {
          rows.accept(first, i - first);
        }
        first = i + 1;
      }
    }
  }

  /** Enqueues the copies from the device. */
  void download(Stream stream, Batch batch) {
    long rowBytes = 4L * vocabSize;
    eachRun(
        batch,
        (first, count) ->
            stream.download(
                host.asSlice(first * rowBytes, count * rowBytes), device + first * rowBytes));
  }

  /** Hands over what has come once the stream is synchronized. */
  void read(Batch batch, StepResult result) {
    eachRun(
        batch,
        (first, count) -> {
          int from = Math.multiplyExact(first, vocabSize);
          MemorySegment.copy(
              host, ValueLayout.JAVA_FLOAT, 4L * from, result.logits(), from, count * vocabSize);
        });
  }
}
