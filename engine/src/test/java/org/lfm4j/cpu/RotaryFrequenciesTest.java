package org.lfm4j.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RotaryFrequenciesTest {

  @Test
  void frequenciesAreThoseOfTransformersToTheBit() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/golden/frequencies.txt")) {
      String golden =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
      assertThat(golden.lines()).hasSize(3).allSatisfy(RotaryFrequenciesTest::checkLine);
    }
  }

  private static void checkLine(String line) {
    String[] words = line.split(" ");
    float[] frequencies = RotaryFrequencies.of(Double.parseDouble(words[0]), 64);
    assertThat(words).hasSize(1 + frequencies.length);
    for (int j = 0; j < frequencies.length; j++) {
      assertThat(frequencies[j])
          .isEqualTo(Float.intBitsToFloat(Integer.parseInt(words[j + 1], 16)));
    }
  }
}
