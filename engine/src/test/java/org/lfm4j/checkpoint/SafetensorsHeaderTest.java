package org.lfm4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsHeaderTest {

  @Test
  void entriesComeInTheOrderOfTheData() {
    SafetensorsHeader header =
        parse(
            """
            {"b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
             "__metadata__": {"format": "pt"},
             "a": {"dtype": "BF16", "shape": [2, 1], "data_offsets": [0, 4]}}
            """,
            12);
    assertThat(header.entries().keySet()).containsExactly("a", "b");
    assertThat(header.entries().get("a").shape()).isEqualTo(List.of(2, 1));
  }

  @Test
  void emptyTensorsAndScalarsAreAllowed() {
    SafetensorsHeader header =
        parse(
            """
            {"empty": {"dtype": "F32", "shape": [0, 2147483647], "data_offsets": [0, 0]},
             "scalar": {"dtype": "F16", "shape": [], "data_offsets": [0, 2]}}
            """,
            2);
    assertThat(header.entries()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "F32|[2]|[0, 8]|8|",
        "F32|[2]|[0, 7]|7|the bytes of F32[2], found 7 bytes",
        "F32|[2147483647, 2147483647, 4]|[0, 8]|8|the bytes of F32",
        "F32|[2]|[8, 0]|8|begin <= end",
        "F32|[2]|[0, 8]|6|expected at least 8 bytes of data, found 6",
        "F32|[2]|[0, 8]|9|expected 8 bytes of data by the header, found 9",
        "F32|[2]|[1, 9]|9|expected data right after the tensor before it, at offset 0, found offset 1",
        "F32|[2]|[-8, 0]|8|\"data_offsets\" [begin, end], found [-8,0]",
        "F32|[2]|[0, 8, 9]|8|\"data_offsets\" [begin, end]",
        "F32|[2]|[0, 18446744073709551615]|8|\"data_offsets\" [begin, end]",
        "F32|[2]|\"0-8\"|8|\"data_offsets\" [begin, end]",
        "F32|[-2]|[0, 8]|8|dimensions in [0, 2147483647], found -2",
        "F32|[2.0]|[0, 8]|8|dimensions in [0, 2147483647], found 2.0",
        "F32|2|[0, 8]|8|a \"shape\" list, found 2"
      })
  void placeAndSizeAreChecked(
      String dtype, String shape, String offsets, int dataBytes, String message) {
    String header =
        """
        {"w": {"dtype": "%s", "shape": %s, "data_offsets": %s}}
        """
            .formatted(dtype, shape, offsets);
    if (message == null) {
      assertThat(parse(header, dataBytes).entries()).containsOnlyKeys("w");
    } else {
      assertThatThrownBy(() -> parse(header, dataBytes))
          .isInstanceOf(CheckpointException.class)
          .hasMessageStartingWith("file.safetensors: ")
          .hasMessageContaining(message);
    }
  }

  @Test
  void overlapIsRefused() {
    assertThatThrownBy(() ->
            parse(
                """
                {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                 "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}
                """,
                12))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tensor b: expected data right after the tensor before it")
        .hasMessageContaining("found offset 4 (overlap)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|found other JSON",
        "{\"a\": 5}|tensor a: expected a \"dtype\" string",
        "{\"a\": {}, \"a\": {}}|found an error in it",
        "{\"a\"|found an error in it",
        "{} {}|found an error in it"
      })
  void headerMustBeOneJsonObject(String header, String message) {
    assertThatThrownBy(() -> parse(header, 0))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(message);
  }

  @Test
  void deepNestingIsRefused() {
    assertThatThrownBy(() -> parse("{\"a\":".repeat(100_000), 0))
        .isInstanceOf(CheckpointException.class);
  }

  private static SafetensorsHeader parse(String header, int dataBytes) {
    return SafetensorsHeader.parse(
        "file.safetensors",
        MemorySegment.ofArray(SafetensorsWriter.bytes(header, new byte[dataBytes])));
  }
}
