package org.lfm4j.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.lfm4j.cuda.driver.KernelCall;

/** The gated short convolution between its two projections ({@code conv.cu}). */
final class Convolutions {
  private static final String FILE = "conv.cu";
  private static final int THREADS = 128;
  private static final int CHANNELS = 2 * THREADS;
  private static final int WIDE_CHANNELS = 8;
  private static final int MOST_WIDE_THREADS = 256;
  private static final int LEAST_WIDE_THREADS = 64;

  /** Rows that a block of {@code conv_states} looks at. */
  private static final int STATE_ROWS = 64;

  /** Rows that a block of a large step computes one after the other. */
  private static final int RUN = 8;

  private static final int RUNS_FROM = 512;

  private final Kernels kernels;
  private final StepInputs inputs;
  private final Workspace work;
  private final int hidden;
  private final long pool;
  private final long pageBytes;

  /**
   * Tells the convolutions where things are.
   *
   * @param pool device address of page 0
   */
  Convolutions(
      Kernels kernels, StepInputs inputs, Workspace work, int hidden, long pool, long pageBytes) {
    this.kernels = kernels;
    this.inputs = inputs;
    this.work = work;
    this.hidden = hidden;
    this.pool = pool;
    this.pageBytes = pageBytes;
  }

  /** Convolves {@code mixed} into {@code gathered}; states are at an offset of each page. */
  Operator of(long taps, long stateOffset) {
    MemorySegment states = longs(pool, pageBytes, stateOffset);
    StepInputs.Places at = inputs.places();
    MemorySegment sequences =
        longs(
            inputs.counts().rows(),
            inputs.address(at.sequences()),
            inputs.address(at.positions()),
            inputs.address(at.firstRow()),
            inputs.address(at.firstPage()),
            inputs.address(at.pageTable()));
    KernelCall conv =
        kernels
            .call(FILE, "conv")
            .struct(sequences)
            .struct(states)
            .address(work.mixed())
            .address(taps)
            .address(work.gathered())
            .int32(hidden)
            .block(THREADS)
            .build();
    int threads = Math.ceilDiv(hidden / WIDE_CHANNELS, 32) * 32;
    threads = Math.clamp(threads, LEAST_WIDE_THREADS, MOST_WIDE_THREADS);
    KernelCall many =
        kernels
            .call(FILE, "conv_many")
            .struct(sequences)
            .struct(states)
            .address(work.mixed())
            .address(taps)
            .address(work.gathered())
            .int32(hidden)
            .int32(RUN)
            .block(threads)
            .build();
    KernelCall ends =
        kernels
            .call(FILE, "conv_states")
            .struct(sequences)
            .struct(states)
            .address(work.mixed())
            .int32(hidden)
            .block(threads)
            .build();
    int columns = Math.ceilDiv(hidden, CHANNELS);
    int wideColumns = Math.ceilDiv(hidden, WIDE_CHANNELS * threads);
    return (stream, size) -> {
      if (size.rows() < RUNS_FROM) {
        conv.grid(size.rows(), columns, 1).launch(stream);
      } else {
        many.grid(Math.ceilDiv(size.rows(), RUN), wideColumns, 1).launch(stream);
      }
      if (size.chunks()) {
        ends.grid(Math.ceilDiv(size.rows(), STATE_ROWS), wideColumns, 1).launch(stream);
      }
    };
  }

  private static MemorySegment longs(long... values) {
    return Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, values);
  }
}
