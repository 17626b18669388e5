package org.lfm4j.checkpoint.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.ExpectedTensors;
import org.lfm4j.checkpoint.RandomCheckpoint;
import org.lfm4j.checkpoint.TinyModels;

/** Damaged files are either still sound or refused; nothing else is thrown. */
class GgufFuzzTest {
  /** Numbers that lengths, counts, offsets and dimensions turn bad with. */
  private static final long[] NUMBERS = {
    0,
    1,
    2,
    7,
    31,
    255,
    65_536,
    1L << 24,
    Integer.MAX_VALUE,
    1L << 31,
    1L << 32,
    1L << 40,
    1L << 61,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1,
    -32
  };

  private static final int TENSORS_AND_KEYS = 3400;

  private static byte[] dense = {};
  private static byte[] sparse = {};
  private static Path file = Path.of("");

  /**
   * A change of the header.
   *
   * @param place where, in parts of the header
   * @param kind overwrite with a number, overwrite with bytes, remove, or cut the file off there
   */
  record Edit(double place, int kind, long number, byte[] bytes) {
    byte[] apply(byte[] file) {
      int at = (int) (place * Math.min(file.length, TENSORS_AND_KEYS));
      byte[] result = file.clone();
      switch (kind) {
        case 0 -> {
          ByteBuffer buffer = ByteBuffer.wrap(result).order(ByteOrder.LITTLE_ENDIAN);
          if (at + 8 <= result.length) {
            buffer.putLong(at, number);
          }
        }
        case 1 ->
            System.arraycopy(bytes, 0, result, at, Math.min(bytes.length, result.length - at));
        case 2 -> {
          int end = Math.min(file.length, at + bytes.length);
          result = Arrays.copyOf(file, file.length - (end - at));
          System.arraycopy(file, end, result, at, file.length - end);
        }
        default -> result = Arrays.copyOf(file, at);
      }
      return result;
    }
  }

  @BeforeContainer
  static void makeFiles() throws IOException {
    file = Files.createTempFile("fuzz", ".gguf");
    dense = bytes(TinyModels.denseConfig(50), GgufMix.Q8_0);
    sparse = bytes(TinyModels.moeConfig(50), GgufMix.Q4_0);
  }

  private static byte[] bytes(String config, GgufMix mix) throws IOException {
    try (RandomCheckpoint model = TinyModels.inMemory(config, 5)) {
      GgufConverter.convert(model, "tiny", mix)
          .put("tokenizer.ggml.tokens", new GgufValue.Texts(List.of("a", "b", "ab")))
          .put("general.alignment", new GgufValue.Whole(32))
          .write(file);
    }
    return Files.readAllBytes(file);
  }

  @AfterContainer
  static void removeFiles() throws IOException {
    Files.delete(file);
  }

  @Property(tries = 3000)
  void damagedFileIsSoundOrRefused(@ForAll("edits") List<Edit> edits, @ForAll boolean experts) {
    byte[] bytes = experts ? sparse : dense;
    for (Edit edit : edits) {
      bytes = edit.apply(bytes);
    }
    write(bytes);
    try (GgufCheckpoint checkpoint = GgufCheckpoint.open(file)) {
      for (String name : ExpectedTensors.of(checkpoint.config()).keySet()) {
        assertThat(checkpoint.tensor(name).floats()).isNotEmpty();
      }
    } catch (CheckpointException e) {
      assertThat(e).hasMessageStartingWith(file.toString());
    }
  }

  private static void write(byte[] bytes) {
    try {
      Files.write(file, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Provide
  Arbitrary<List<Edit>> edits() {
    return Combinators.combine(
            Arbitraries.doubles().between(0, true, 1, false),
            Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(5, Arbitraries.just(0)),
                net.jqwik.api.Tuple.of(4, Arbitraries.just(1)),
                net.jqwik.api.Tuple.of(2, Arbitraries.just(2)),
                net.jqwik.api.Tuple.of(1, Arbitraries.just(3))),
            Arbitraries.of(Arrays.stream(NUMBERS).boxed().toList()),
            Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(9))
        .as(Edit::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(3);
  }
}
