package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lfm4j.checkpoint.MoeConfig;

class RoutingTest {
  private static final float[] UNIT = {1};

  private final int[] experts = new int[3];
  private final float[] weights = new float[3];

  @Test
  void biasChoosesButDoesNotWeigh() {
    float[] logits = {2, 1, 0, -1, -2};
    route(new MoeConfig(5, 3, 1, 0, false, true, 1), logits, new float[] {0, 0, -1, 0, 5});
    assertThat(experts).containsExactly(0, 1, 4);
    assertThat(weights).containsExactly(sigmoid(2), sigmoid(1), sigmoid(-2));
  }

  @Test
  void weightsAreRenormalisedAndScaled() {
    float[] logits = {0.5f, 3, -0.5f, 1};
    route(new MoeConfig(4, 3, 1, 0, true, false, 2.5f), logits, new float[4]);
    assertThat(experts).containsExactly(0, 1, 3);
    float sum = sigmoid(0.5f) + sigmoid(3) + sigmoid(1);
    for (int i = 0; i < 3; i++) {
      assertThat(weights[i]).isCloseTo(2.5f * sigmoid(logits[experts[i]]) / sum, within(1e-5f));
    }
  }

  @Test
  void equalScoresChooseTheFirstAndNaNStillChoosesDistinctExperts() {
    route(new MoeConfig(6, 3, 1, 0, true, false, 1), new float[6], new float[6]);
    assertThat(experts).containsExactly(0, 1, 2);
    float nan = Float.NaN;
    route(
        new MoeConfig(4, 3, 1, 0, true, false, 1), new float[] {nan, nan, nan, nan}, new float[4]);
    assertThat(experts).containsExactly(0, 1, 2);
  }

  private void route(MoeConfig moe, float[] logits, float[] bias) {
    new Router(moe, logits, bias, 1)
        .route(UNIT, 0, new float[logits.length], experts, weights, 0, new float[Simd.LANES]);
  }

  private static float sigmoid(float x) {
    return 1 / (1 + (float) Math.exp(-x));
  }

  @Test
  void choicesAreSortedByExpertInTokenOrder() {
    Random random = new Random(1);
    ExpertGroups groups = new ExpertGroups(7, 60);
    for (int round = 0; round < 50; round++) {
      int choices = 1 + random.nextInt(60);
      int[] expertOf = random.ints(choices, 0, 1 + random.nextInt(7)).toArray();
      groups.sort(expertOf, choices);
      int row = 0;
      int packed = 0;
      for (int i = 0; i < groups.active(); i++) {
        int expert = groups.expert(i);
        assertThat(groups.firstRow(expert)).isEqualTo(row);
        assertThat(groups.packedRow(expert)).isEqualTo(packed);
        int before = -1;
        for (int r = 0; r < groups.rows(expert); r++, row++) {
          int choice = groups.choice(row);
          assertThat(expertOf[choice]).isEqualTo(expert);
          assertThat(choice).isGreaterThan(before);
          assertThat(groups.row(choice)).isEqualTo(row);
          before = choice;
        }
        packed += Activations.padded(groups.rows(expert));
      }
      assertThat(row).isEqualTo(choices);
      assertThat(packed).isLessThanOrEqualTo(groups.mostPackedRows());
    }
  }
}
