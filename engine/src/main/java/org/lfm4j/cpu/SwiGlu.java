package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.LANES;

/** The gate of the feed-forward (Shazeer, GLU variants, 2020). */
final class SwiGlu {
  private SwiGlu() {}

  /** Computes {@code gate[i] = silu(gate[i]) * up[i]} for i in [0, n) from the two offsets. */
  static void apply(float[] gate, int gateAt, float[] up, int upAt, int n) {
    int whole = n / LANES * LANES;
    Elementwise.swiGlu(gate, gateAt, up, upAt, whole);
    for (int i = whole; i < n; i++) {
      float x = gate[gateAt + i];
      gate[gateAt + i] = x / (1 + (float) Math.exp(-x)) * up[upAt + i];
    }
  }
}
