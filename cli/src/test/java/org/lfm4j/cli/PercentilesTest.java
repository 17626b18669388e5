package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class PercentilesTest {
  @Test
  void interpolatesAsNumpyDoes() {
    long[] nanos =
        LongStream.iterate(100, i -> i > 0, i -> i - 1).map(i -> i * 1_000_000).toArray();
    Percentiles p = Percentiles.ofNanos(nanos);
    assertThat(p.mean()).isCloseTo(50.5, within(1e-9));
    assertThat(p.p50()).isCloseTo(50.5, within(1e-9));
    assertThat(p.p90()).isCloseTo(90.1, within(1e-9));
    assertThat(p.p99()).isCloseTo(99.01, within(1e-9));
    assertThat(p.max()).isEqualTo(100);
  }

  @Test
  void oneValueIsAllOfThem() {
    assertThat(Percentiles.ofNanos(new long[] {3_000_000}))
        .isEqualTo(new Percentiles(3, 3, 3, 3, 3));
  }

  @Test
  void noValuesAreZeros() {
    assertThat(Percentiles.ofNanos(new long[0])).isEqualTo(new Percentiles(0, 0, 0, 0, 0));
  }
}
