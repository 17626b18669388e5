package org.lfm4j.cpu;

/**
 * How far logits are from others.
 *
 * @param max largest absolute difference
 * @param rms root of the mean square difference
 */
public record LogitsError(double max, double rms) {

  /** Compares logits of equal length. */
  public static LogitsError between(float[] actual, float[] expected) {
    double max = 0;
    double squares = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs((double) actual[i] - expected[i]);
      max = Math.max(max, difference); // NaN stays NaN
      squares += difference * difference;
    }
    return new LogitsError(max, Math.sqrt(squares / expected.length));
  }
}
