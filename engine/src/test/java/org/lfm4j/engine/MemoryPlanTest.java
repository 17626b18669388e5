package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.lfm4j.runner.CacheSpec;

class MemoryPlanTest {
  /** LFM2-24B-A2B in BF16: 20 KB of keys and values a token, 240 KB of state a page. */
  private static final CacheSpec LFM2_24B = new CacheSpec(64, 64 * 20_480, 245_760);

  @Test
  void asManyPagesAsFitArePlanned() {
    MemoryPlan plan = MemoryPlan.fit(0, 0, LFM2_24B, 1L << 30, 32_768);

    assertThat(plan.pages()).isEqualTo((1 << 30) / (64 * 20_480 + 245_760));
    assertThat(plan.cacheTokens()).isEqualTo(64L * plan.pages());
    assertThat(plan.fullSequences()).isEqualTo(plan.pages() / 512);
  }

  @Test
  void aCacheTooSmallForOneSequenceIsRefusedWithBothRemedies() {
    assertThatThrownBy(() -> MemoryPlan.fit(0, 0, LFM2_24B, 100 << 20, 32_768))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("32768 tokens needs 760.0 MiB")
        .hasMessageContaining("100.0 MiB are planned")
        .hasMessageContaining("lower max_model_len to 4288");
  }
}
