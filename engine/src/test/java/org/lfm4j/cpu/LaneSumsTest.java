package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LaneSumsTest {
  @Test
  void givesTheSameBitsAsSummingEachVector() {
    float[] vectors = Numbers.random(3 + LaneSums.VECTORS * Simd.LANES, 7);
    float[] sums = new float[LaneSums.VECTORS];
    // Often enough to be compiled: the bits must not change then.
    for (int i = 0; i < 20_000; i++) {
      LaneSums.of(vectors, 3, sums);
      for (int v = 0; v < LaneSums.VECTORS; v++) {
        assertThat(sums[v]).isEqualTo(Simd.sum(vectors, 3 + v * Simd.LANES));
      }
    }
  }
}
