package org.lfm4j.cpu;

import static org.lfm4j.cpu.Simd.FLOATS;
import static org.lfm4j.cpu.Simd.LANES;

import jdk.incubator.vector.FloatVector;

/** The gate of the feed-forward (Shazeer, GLU variants, 2020). */
final class SwiGlu {
  private SwiGlu() {}

  /** Computes {@code gate[i] = silu(gate[i]) * up[i]} for i in [0, n) from the two offsets. */
  static void apply(float[] gate, int gateAt, float[] up, int upAt, int n) {
    int i = 0;
    for (; i <= n - LANES; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, gate, gateAt + i);
      FloatVector y = FloatVector.fromArray(FLOATS, up, upAt + i);
      x.div(Simd.exp(x.neg()).add(1f)).mul(y).intoArray(gate, gateAt + i);
    }
    for (; i < n; i++) {
      float x = gate[gateAt + i];
      gate[gateAt + i] = x / (1 + (float) Math.exp(-x)) * up[upAt + i];
    }
  }
}
