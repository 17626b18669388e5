package org.lfm4j.checkpoint.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Bytes of a GGUF header, little-endian. */
final class GgufOutput {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  GgufOutput int8(int value) {
    bytes.write(value);
    return this;
  }

  GgufOutput int32(int value) {
    for (int shift = 0; shift < 32; shift += 8) {
      bytes.write(value >> shift);
    }
    return this;
  }

  GgufOutput int64(long value) {
    return int32((int) value).int32((int) (value >> 32));
  }

  GgufOutput text(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    int64(utf8.length);
    bytes.writeBytes(utf8);
    return this;
  }

  byte[] padded(int alignment) {
    while (bytes.size() % alignment != 0) {
      bytes.write(0);
    }
    return bytes.toByteArray();
  }

  /** Appends type and value. */
  void value(GgufValue value) {
    switch (value) {
      case GgufValue.Whole whole -> int32(4).int32((int) whole.value());
      case GgufValue.Real real -> int32(6).int32(Float.floatToRawIntBits(real.value()));
      case GgufValue.Truth truth -> int32(7).int8(truth.value() ? 1 : 0);
      case GgufValue.Text text -> int32(8).text(text.value());
      case GgufValue.Texts texts -> {
        int32(9).int32(8).int64(texts.values().size());
        texts.values().forEach(this::text);
      }
      case GgufValue.Wholes wholes -> {
        int32(9).int32(5).int64(wholes.values().size());
        wholes.values().forEach(this::int32);
      }
    }
  }
}
