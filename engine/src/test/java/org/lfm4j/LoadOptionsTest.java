package org.lfm4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.PublishedModel;
import org.lfm4j.checkpoint.SamplingDefaults;

class LoadOptionsTest {
  private static final ModelConfig CONFIG = PublishedModel.of("LFM2-350M").config();

  @Test
  void eachMethodChangesItsOwnSetting() {
    assertThat(
            LoadOptions.DEFAULT
                .withMaxModelLength(1)
                .withThreads(2)
                .withCacheBytes(3)
                .withMaxBatchedTokens(4)
                .withMaxSequences(5)
                .withMaxWaiting(6)
                .withPrefixCaching(false)
                .withPriorities(true)
                .withGpu(GpuOptions.DEFAULT.withDevice(GpuOptions.Device.CPU))
                .withDummyWeights(CONFIG)
                .withSamplingDefaults(SamplingDefaults.NEUTRAL))
        .isEqualTo(
            new LoadOptions(
                OptionalInt.of(1),
                2,
                OptionalLong.of(3),
                4,
                5,
                6,
                false,
                true,
                new GpuOptions(GpuOptions.Device.CPU, 0.9, OptionalLong.empty(), false),
                Optional.of(CONFIG),
                SamplingDefaults.NEUTRAL));
  }
}
