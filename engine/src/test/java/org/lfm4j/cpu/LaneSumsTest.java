package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LaneSumsTest {
  @Test
  void givesTheSameBitsAsSummingEachVector() {
    float[] vectors = Numbers.random(2 * LaneSums.VECTORS * Simd.LANES, 7);
    float[] sums = new float[3 + 2 * LaneSums.VECTORS];
    // Often enough to be compiled: the bits must not change then.
    for (int i = 0; i < 20_000; i++) {
      LaneSums.of(vectors, 2, sums, 3);
      for (int v = 0; v < 2 * LaneSums.VECTORS; v++) {
        assertThat(sums[3 + v]).isEqualTo(Simd.sum(vectors, v * Simd.LANES));
      }
    }
  }
}
