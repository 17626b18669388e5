package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ModelSummaryTest {
  @Test
  void countsTheParametersOfThe24b() {
    assertThat(ModelSummary.parameters(EchoModel.CONFIG, false) / 1e9).isBetween(23.83, 23.85);
    assertThat(ModelSummary.parameters(EchoModel.CONFIG, true) / 1e9).isBetween(2.32, 2.34);
  }

  @Test
  void isAShortBlock() {
    assertThat(ModelSummary.of(new EchoModel(), "LFM2-24B-A2B"))
        .isEqualTo(
            """
            model     LFM2-24B-A2B (lfm2_moe, 23.84 B parameters, 2.33 B active, 40 layers)
            context   20 tokens of 128000
            weights   bfloat16
            sampling  temperature=0.3 top_p=1.0 top_k=50 min_p=0.15 repetition_penalty=1.05\
            """);
  }
}
