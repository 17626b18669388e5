package org.lfm4j.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lfm4j.tensor.DType;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Header of a safetensors file: an unsigned 64-bit little-endian length N, then N bytes of JSON
 * {@code {"name": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [begin, end]}, ...}}, then the
 * data, which the offsets (relative to its start) must cover without gap or overlap.
 *
 * @param dataStart offset of the data in the file, in bytes
 * @param entries tensor name to type, shape and place, in the order of the data
 * @see <a href="https://github.com/huggingface/safetensors#format">format</a>
 */
record SafetensorsHeader(long dataStart, Map<String, Entry> entries) {
  /** The format's own limit. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .build();

  /** One tensor; {@code begin} and {@code end} are bytes from the start of the data. */
  record Entry(String dtype, List<Integer> shape, long begin, long end) {
    Optional<DType> supportedDtype() {
      return switch (dtype) {
        case "BF16" -> Optional.of(DType.BF16);
        case "F16" -> Optional.of(DType.F16);
        case "F32" -> Optional.of(DType.F32);
        default -> Optional.empty();
      };
    }
  }

  /**
   * Parses the header of a whole file.
   *
   * @param source the file, for messages
   * @throws CheckpointException if the file breaks a rule of the format
   */
  static SafetensorsHeader parse(String source, MemorySegment file) {
    if (file.byteSize() < Long.BYTES) {
      throw new CheckpointException(
          "%s: expected a safetensors file, found only %d bytes; download it again"
              .formatted(source, file.byteSize()));
    }
    long length = file.get(LENGTH, 0);
    long available = file.byteSize() - Long.BYTES;
    if (length < 0 || length > MAX_HEADER_BYTES || length > available) {
      throw new CheckpointException(
          "%s: expected a header length of at most %d, found %s: not a safetensors file, or truncated; download it again"
              .formatted(
                  source, Math.min(available, MAX_HEADER_BYTES), Long.toUnsignedString(length)));
    }
    byte[] json = file.asSlice(Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    Parser parser = new Parser(source, available - length);
    return new SafetensorsHeader(Long.BYTES + length, parser.parse(json));
  }

  private record Parser(String source, long dataBytes) {

    Map<String, Entry> parse(byte[] json) {
      Map<String, Entry> entries = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> property : object(json).properties()) {
        if (!property.getKey().equals("__metadata__")) {
          entries.put(property.getKey(), entry(property.getKey(), property.getValue()));
        }
      }
      return inOrderOfData(entries);
    }

    private JsonNode object(byte[] json) {
      try {
        JsonNode node = MAPPER.readTree(json);
        if (node.isObject()) {
          return node;
        }
      } catch (JacksonException e) {
        throw new CheckpointException(
            "%s: expected a safetensors header in JSON, found an error in it: %s; download it again"
                .formatted(source, e.getOriginalMessage()),
            e);
      }
      throw new CheckpointException(
          "%s: expected a safetensors header (a JSON object), found other JSON; download it again"
              .formatted(source));
    }

    private Entry entry(String name, JsonNode node) {
      JsonNode dtype = node.path("dtype");
      if (!dtype.isString()) {
        throw bad(name, "a \"dtype\" string", dtype.toString());
      }
      List<Integer> shape = new ArrayList<>();
      if (!node.path("shape").isArray()) {
        throw bad(name, "a \"shape\" list", node.path("shape").toString());
      }
      for (JsonNode dimension : node.path("shape")) {
        if (!isLength(dimension) || !dimension.canConvertToInt()) {
          throw bad(name, "dimensions in [0, 2147483647]", dimension.toString());
        }
        shape.add(dimension.intValue());
      }
      JsonNode offsets = node.path("data_offsets");
      if (offsets.size() != 2 || !isLength(offsets.path(0)) || !isLength(offsets.path(1))) {
        throw bad(name, "\"data_offsets\" [begin, end]", offsets.toString());
      }
      Entry entry =
          new Entry(
              dtype.stringValue(), shape, offsets.get(0).longValue(), offsets.get(1).longValue());
      checkSize(name, entry);
      return entry;
    }

    private void checkSize(String name, Entry entry) {
      if (entry.begin > entry.end) {
        throw bad(name, "begin <= end", "data_offsets [%d, %d]".formatted(entry.begin, entry.end));
      }
      if (entry.end > dataBytes) {
        throw bad(
            name,
            "at least %d bytes of data".formatted(entry.end),
            "%d (truncated? download it again)".formatted(dataBytes));
      }
      Optional<DType> dtype = entry.supportedDtype();
      if (dtype.isPresent() && !isSize(entry, dtype.get())) {
        throw bad(
            name,
            "the bytes of %s%s".formatted(entry.dtype, entry.shape),
            "%d bytes".formatted(entry.end - entry.begin));
      }
    }

    private static boolean isSize(Entry entry, DType dtype) {
      long size = entry.end - entry.begin;
      if (entry.shape.contains(0)) {
        return size == 0;
      }
      long bytes = dtype.bytes();
      for (int dimension : entry.shape) {
        if (bytes > size / dimension) {
          return false;
        }
        bytes *= dimension;
      }
      return bytes == size;
    }

    private Map<String, Entry> inOrderOfData(Map<String, Entry> entries) {
      List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
      sorted.sort(
          Comparator.comparingLong((Map.Entry<String, Entry> e) -> e.getValue().begin())
              .thenComparingLong(e -> e.getValue().end()));
      Map<String, Entry> result = new LinkedHashMap<>();
      long end = 0;
      for (Map.Entry<String, Entry> named : sorted) {
        Entry entry = named.getValue();
        if (entry.begin != end) {
          throw bad(
              named.getKey(),
              "data right after the tensor before it, at offset %d".formatted(end),
              "offset %d (%s)".formatted(entry.begin, entry.begin < end ? "overlap" : "gap"));
        }
        end = entry.end;
        result.put(named.getKey(), entry);
      }
      if (end != dataBytes) {
        throw new CheckpointException(
            "%s: expected %d bytes of data by the header, found %d; download it again"
                .formatted(source, end, dataBytes));
      }
      return result;
    }

    private static boolean isLength(JsonNode node) {
      return node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0;
    }

    private CheckpointException bad(String name, String expected, String found) {
      String shown = found.length() <= 80 ? found : found.substring(0, 80) + "...";
      return new CheckpointException(
          "%s: tensor %s: expected %s, found %s"
              .formatted(source, name, expected, shown.isEmpty() ? "none" : shown));
    }
  }
}
