package org.lfm4j.cpu;

import org.lfm4j.kernels.NativeLibrary;

/**
 * What every kernel shares, in C or with the Vector API: how wide vectors are, which layouts and
 * the order of sums depend on.
 */
final class Simd {
  // An incubator module: a process has it only if it was started with --add-modules
  // jdk.incubator.vector, and then starts later, since the start-up cache links no classes beside
  // it.
  private static final boolean VECTOR_API =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

  /** Floats in a vector; 0 if this process has neither kernels in C nor the Vector API. */
  static final int LANES = VECTOR_API ? Vectors.lanes() : nativeLanes();

  /** BF16 values in a vector: rows are packed and padded to multiples of this. */
  static final int STEP = 2 * LANES;

  private Simd() {}

  private static int nativeLanes() {
    return switch (NativeLibrary.vectors().orElse("")) {
      case "avx512" -> 16;
      case "avx2" -> 8;
      case "neon" -> 4;
      default -> 0;
    };
  }

  /** Rounds a row length up to whole steps. */
  static int pad(int columns) {
    return (columns + STEP - 1) / STEP * STEP;
  }

  /** Adds the lanes of one stored vector, always in the same order. */
  static float sum(float[] v, int at) {
    return switch (LANES) {
      case 4 -> sum4(v, at);
      case 8 -> sum4(v, at) + sum4(v, at + 4);
      case 16 -> (sum4(v, at) + sum4(v, at + 4)) + (sum4(v, at + 8) + sum4(v, at + 12));
      default -> {
        float sum = 0;
        for (int i = 0; i < LANES; i++) {
          sum += v[at + i];
        }
        yield sum;
      }
    };
  }

  private static float sum4(float[] v, int at) {
    return (v[at] + v[at + 1]) + (v[at + 2] + v[at + 3]);
  }
}
