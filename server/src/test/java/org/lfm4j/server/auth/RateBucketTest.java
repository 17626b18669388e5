package org.lfm4j.server.auth;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateBucketTest {
  private static final long SECOND = 1_000_000_000L;

  private final RateBucket bucket = new RateBucket(60, 0);

  @Test
  void aMinutesWorthIsThereAtOnceThenItFillsEvenly() {
    for (int i = 0; i < 60; i++) {
      assertThat(bucket.tryTake(1, 0)).isZero();
    }
    assertThat(bucket.tryTake(1, 0)).isEqualTo(1);
    assertThat(bucket.tryTake(1, SECOND)).isZero();
    assertThat(bucket.tryTake(1, SECOND)).isEqualTo(1);
  }

  @Test
  void itHoldsOneMinutesWorthAtMost() {
    assertThat(bucket.left(3600 * SECOND)).isEqualTo(60);
    assertThat(bucket.tryTake(61, 3600 * SECOND)).isEqualTo(1);
  }

  @Test
  void whatWasUsedAlreadyMayOverdrawIt() {
    bucket.charge(90, 0);
    assertThat(bucket.left(0)).isZero();
    assertThat(bucket.secondsUntilPositive(0)).isEqualTo(31);
    assertThat(bucket.secondsUntilPositive(31 * SECOND)).isZero();
  }
}
