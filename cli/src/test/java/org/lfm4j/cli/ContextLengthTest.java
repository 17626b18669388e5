package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ContextLengthTest {
  @ParameterizedTest
  @CsvSource({
    "4096,4096",
    "32k,32000",
    "32K,32768",
    "1M,1048576",
    "1m,1000000",
    "25.6k,25600",
    "auto,-1",
    "-1,-1",
    "1G,1073741824"
  })
  void readsVllmsForms(String text, int tokens) {
    assertThat(new ContextLength().convert(text).count()).isEqualTo(tokens);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-5", "k", "1.5", "32kb", "lots", "4G", "1e3", "1_000"})
  void refusesTheRest(String text) {
    assertThatThrownBy(() -> new ContextLength().convert(text))
        .isInstanceOf(TypeConversionException.class)
        .hasMessage("'" + text + "' is not a number of tokens: write 4096, 32k, 1M or auto");
  }
}
