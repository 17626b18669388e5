package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ModelSummaryTest {
  @Test
  void isAShortBlock() {
    assertThat(ModelSummary.of(new EchoModel(), "LFM2-24B-A2B"))
        .isEqualTo(
            """
            model     LFM2-24B-A2B (lfm2_moe, 23.84 B parameters, 2.33 B active, 40 layers)
            device    CPU
            context   20 tokens of 128000
            sampling  temperature=0.3 top_p=1.0 top_k=50 min_p=0.15 repetition_penalty=1.05
            memory    weights            44.41 GiB
                      keys and values      2.5 MiB
                      convolution state    0.6 MiB
                      workspace            8.0 MiB
                      cache: 2 pages of 64 tokens hold 128 tokens: 2 sequences of 20\
            """);
  }
}
