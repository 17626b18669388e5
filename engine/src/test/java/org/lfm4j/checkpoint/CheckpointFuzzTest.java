package org.lfm4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Damaged files are either still sound or refused; nothing else is thrown. */
class CheckpointFuzzTest {
  private static final String[] PIECES = {
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "0",
    "-1",
    "9999999999999999999999",
    "1e999",
    "null",
    "\"dtype\"",
    "\"shape\"",
    "\"data_offsets\"",
    "\"F32\"",
    "\\u0000",
    "\u0000",
    "true"
  };

  /** An edit: at a place, some bytes away, some in. */
  record Edit(double place, int removed, byte[] inserted) {
    byte[] apply(byte[] bytes) {
      int from = (int) (place * bytes.length);
      int to = Math.min(bytes.length, from + removed);
      byte[] result = Arrays.copyOf(bytes, from + inserted.length + bytes.length - to);
      System.arraycopy(inserted, 0, result, from, inserted.length);
      System.arraycopy(bytes, to, result, from + inserted.length, bytes.length - to);
      return result;
    }
  }

  @Property(tries = 2000)
  void damagedSafetensorsFileIsSoundOrRefused(@ForAll("edits") List<Edit> edits) {
    byte[] file = edited(sound(), edits);
    try {
      SafetensorsHeader header =
          SafetensorsHeader.parse("file.safetensors", MemorySegment.ofArray(file));
      long end = 0;
      for (SafetensorsHeader.Entry entry : header.entries().values()) {
        assertThat(entry.begin()).isEqualTo(end);
        end = entry.end();
      }
      assertThat(header.dataStart() + end).isEqualTo(file.length);
    } catch (CheckpointException e) {
      assertThat(e).hasMessageStartingWith("file.safetensors: ");
    }
  }

  @Property(tries = 2000)
  void damagedHeaderOfRightLengthIsSoundOrRefused(@ForAll("edits") List<Edit> edits) {
    byte[] header = edited(header().getBytes(StandardCharsets.UTF_8), edits);
    byte[] file = SafetensorsWriter.bytes(new String(header, StandardCharsets.UTF_8), new byte[12]);
    try {
      SafetensorsHeader.parse("file.safetensors", MemorySegment.ofArray(file));
    } catch (CheckpointException e) {
      assertThat(e).hasMessageStartingWith("file.safetensors: ");
    }
  }

  @Property(tries = 2000)
  void damagedConfigIsReadOrRefused(@ForAll("edits") List<Edit> edits) {
    String config =
        new String(
            edited(TinyModels.moeConfig(50).getBytes(StandardCharsets.UTF_8), edits),
            StandardCharsets.UTF_8);
    try {
      assertThat(ModelConfigReader.parse("config.json", config).layers()).isNotEmpty();
    } catch (CheckpointException e) {
      assertThat(e).hasMessageStartingWith("config.json: ");
    }
  }

  @Provide
  Arbitrary<List<Edit>> edits() {
    Arbitrary<byte[]> inserted =
        Arbitraries.oneOf(
            Arbitraries.of(PIECES).map(piece -> piece.getBytes(StandardCharsets.UTF_8)),
            Arbitraries.bytes().array(byte[].class).ofMaxSize(9));
    return Combinators.combine(
            Arbitraries.doubles().between(0, true, 1, false),
            Arbitraries.integers().between(0, 12),
            inserted)
        .as(Edit::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(4);
  }

  private static byte[] edited(byte[] bytes, List<Edit> edits) {
    byte[] result = bytes;
    for (Edit edit : edits) {
      result = edit.apply(result);
    }
    return result;
  }

  private static byte[] sound() {
    return SafetensorsWriter.bytes(header(), new byte[12]);
  }

  private static String header() {
    return """
    {"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
    "b":{"dtype":"BF16","shape":[1,2],"data_offsets":[8,12]}}\
    """;
  }
}
