package org.lfm4j.server.metrics;

import java.util.stream.DoubleStream;

/**
 * Upper bounds of histograms: vLLM's, so that its dashboards work, and finer ones below, since a
 * token may come every millisecond.
 */
final class Buckets {
  /** Seconds to the first token. */
  static final double[] FIRST_TOKEN =
      merge(
          new double[] {.0005, .002, .003, .0075},
          new double[] {
            .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
            160, 640, 2560
          });

  /** Seconds between tokens. */
  static final double[] BETWEEN_TOKENS =
      merge(
          new double[] {.0005, .001, .0015, .002, .003, .004, .005, .0075},
          new double[] {
            .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80
          });

  /** Seconds of a request or of one of its phases. */
  static final double[] REQUEST =
      merge(
          new double[] {.0005, .001, .002, .005, .01, .02, .05, .1, .2},
          new double[] {
            .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920,
            7680
          });

  /** Answers to one prompt. */
  static final double[] SAMPLES = {1, 2, 5, 10, 20};

  /** Seconds of an HTTP request. */
  static final double[] HTTP = {.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60};

  private Buckets() {}

  /** Returns 1, 2, 5, 10, 20, 50 and so on, up to a greatest value. */
  static double[] oneTwoFive(int greatest) {
    DoubleStream.Builder bounds = DoubleStream.builder();
    for (long power = 1; power <= greatest; power *= 10) {
      for (long digit : new long[] {1, 2, 5}) {
        if (digit * power <= greatest) {
          bounds.add((double) (digit * power));
        }
      }
    }
    return bounds.build().toArray();
  }

  private static double[] merge(double[] finer, double[] bounds) {
    return DoubleStream.concat(DoubleStream.of(finer), DoubleStream.of(bounds)).sorted().toArray();
  }
}
