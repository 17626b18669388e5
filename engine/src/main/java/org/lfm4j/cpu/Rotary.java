package org.lfm4j.cpu;

/**
 * Rotary position embedding in the half-rotated form (model card: theta 1e6 and up, no scaling).
 * Angles are single precision, as in the reference implementation.
 */
final class Rotary {
  private final float[] frequencies;

  Rotary(double theta, int dim) {
    frequencies = RotaryFrequencies.of(theta, dim);
  }

  /** Writes the cosines, then the sines, of one position to {@code out[at .. at + dim)}. */
  void angles(int position, float[] out, int at) {
    int half = frequencies.length;
    for (int j = 0; j < half; j++) {
      float angle = position * frequencies[j];
      out[at + j] = (float) Math.cos(angle);
      out[at + half + j] = (float) Math.sin(angle);
    }
  }

  /** Rotates one head in place by angles from {@link #angles}, then multiplies it by scale. */
  static void rotate(float[] x, int at, int dim, float[] angles, int anglesAt, float scale) {
    int half = dim / 2;
    for (int j = 0; j < half; j++) {
      float cos = angles[anglesAt + j];
      float sin = angles[anglesAt + half + j];
      float a = x[at + j];
      float b = x[at + half + j];
      x[at + j] = (a * cos - b * sin) * scale;
      x[at + half + j] = (b * cos + a * sin) * scale;
    }
  }
}
