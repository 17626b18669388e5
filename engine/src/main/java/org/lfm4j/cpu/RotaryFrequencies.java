package org.lfm4j.cpu;

/** Frequencies of the rotary embedding (arXiv 2104.09864). */
final class RotaryFrequencies {
  private RotaryFrequencies() {}

  /**
   * Returns {@code 1 / theta^(2j/D)} for each pair j of a head of width D, rounded as transformers
   * rounds it: the power to FP32, then its inverse to FP32. One unit in the last place would turn
   * position 30,000 by up to 0.002 radians.
   */
  static float[] of(double theta, int headDim) {
    float[] frequencies = new float[headDim / 2];
    for (int j = 0; j < frequencies.length; j++) {
      frequencies[j] = 1 / (float) Math.pow(theta, 2.0 * j / headDim);
    }
    return frequencies;
  }
}
