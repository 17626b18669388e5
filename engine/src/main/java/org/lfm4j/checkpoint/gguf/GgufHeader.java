package org.lfm4j.checkpoint.gguf;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.tensor.DType;

/**
 * Header of a GGUF file, version 2 or 3, little-endian: magic, version, number of tensors, number
 * of metadata entries, the entries, the tensors, then data from the next multiple of the alignment.
 *
 * @param metadata by key
 * @param tensors by stored name, in the order of the file
 * @param dataStart offset of the data
 */
record GgufHeader(GgufMetadata metadata, Map<String, GgufTensorInfo> tensors, long dataStart) {
  static final int MAGIC = 0x46554747; // "GGUF"
  private static final int MOST_ENTRIES = 1 << 16;
  private static final int MOST_ELEMENTS = 1 << 24;
  private static final int MOST_DIMENSIONS = 4;
  private static final int DEEPEST_LIST = 4;
  private static final int DEFAULT_ALIGNMENT = 32;

  /**
   * Parses the header of a whole file.
   *
   * @param source the file, for messages
   * @throws CheckpointException if the file breaks a rule of the format
   */
  static GgufHeader parse(String source, MemorySegment file) {
    return new Parser(source, file, new GgufCursor(source, file)).parse();
  }

  private record Parser(String source, MemorySegment file, GgufCursor in) {

    GgufHeader parse() {
      if (file.byteSize() < 4 || in.int32("the magic number") != MAGIC) {
        throw in.bad("a GGUF file", "other bytes at its start; download it again");
      }
      int version = in.int32("the version");
      if (version < 2 || version > 3) {
        throw in.bad(
            "version 2 or 3, little-endian",
            "version %s; convert the model anew".formatted(Integer.toUnsignedString(version)));
      }
      int tensorCount = in.count("the number of tensors", 24, MOST_ENTRIES);
      int entryCount = in.count("the number of metadata entries", 13, MOST_ENTRIES);
      Map<String, Object> entries = new LinkedHashMap<>();
      for (int i = 0; i < entryCount; i++) {
        String key = in.text("a metadata key");
        if (entries.put(key, value(key, in.int32(key), 0)) != null) {
          throw in.bad("each metadata key once", "another " + shown(key));
        }
      }
      GgufMetadata metadata = new GgufMetadata(source, Collections.unmodifiableMap(entries));
      List<GgufTensorInfo> tensors = new ArrayList<>();
      for (int i = 0; i < tensorCount; i++) {
        tensors.add(tensor());
      }
      int alignment = metadata.integer("general.alignment", 1, 1 << 20).orElse(DEFAULT_ALIGNMENT);
      if (Integer.bitCount(alignment) != 1) {
        throw in.bad("a power of two as general.alignment", Integer.toString(alignment));
      }
      long dataStart = (in.position() + alignment - 1) / alignment * alignment;
      return new GgufHeader(metadata, checked(tensors, alignment, dataStart), dataStart);
    }

    /** Reads a value: whole numbers become Long, others Double, lists List. */
    private Object value(String key, int type, int depth) {
      return switch (type) {
        case 0 -> (long) (in.int8(key) & 0xff);
        case 1 -> (long) in.int8(key);
        case 2 -> (long) (in.int16(key) & 0xffff);
        case 3 -> (long) in.int16(key);
        case 4 -> Integer.toUnsignedLong(in.int32(key));
        case 5 -> (long) in.int32(key);
        case 6 -> shortest(Float.intBitsToFloat(in.int32(key)));
        case 7 -> in.int8(key) != 0;
        case 8 -> in.text(key);
        case 9 -> list(key, depth + 1);
        case 10, 11 -> in.int64(key);
        case 12 -> Double.longBitsToDouble(in.int64(key));
        default ->
            throw in.bad(
                "a value type from 0 to 12 for " + shown(key), Integer.toUnsignedString(type));
      };
    }

    /** What was meant by a float: 0.3, not 0.30000001192092896. */
    private static double shortest(float value) {
      return Double.parseDouble(Float.toString(value));
    }

    private List<Object> list(String key, int depth) {
      if (depth > DEEPEST_LIST) {
        throw in.bad("lists no deeper than %d".formatted(DEEPEST_LIST), "more in " + shown(key));
      }
      int type = in.int32(key);
      int count = in.count("the elements of " + shown(key), leastBytes(type), MOST_ELEMENTS);
      List<Object> list = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        list.add(value(key, type, depth));
      }
      return Collections.unmodifiableList(list);
    }

    private static int leastBytes(int type) {
      return switch (type) {
        case 2, 3 -> 2;
        case 4, 5, 6 -> 4;
        case 8, 10, 11, 12 -> 8;
        case 9 -> 12;
        default -> 1;
      };
    }

    private GgufTensorInfo tensor() {
      String name = in.text("a tensor's name");
      int dimensions = in.int32(name);
      if (dimensions < 1 || dimensions > MOST_DIMENSIONS) {
        throw in.bad(
            "1 to %d dimensions of tensor %s".formatted(MOST_DIMENSIONS, shown(name)),
            Integer.toUnsignedString(dimensions));
      }
      List<Integer> shape = new ArrayList<>();
      for (int i = 0; i < dimensions; i++) {
        long dimension = in.int64(name);
        if (dimension < 1 || dimension > Integer.MAX_VALUE) {
          throw in.bad(
              "dimensions of tensor %s in [1, 2147483647]".formatted(shown(name)),
              Long.toUnsignedString(dimension));
        }
        shape.addFirst((int) dimension);
      }
      return new GgufTensorInfo(name, List.copyOf(shape), in.int32(name), in.int64(name));
    }

    private Map<String, GgufTensorInfo> checked(
        List<GgufTensorInfo> tensors, int alignment, long dataStart) {
      Map<String, GgufTensorInfo> byName = new LinkedHashMap<>();
      for (GgufTensorInfo tensor : tensors) {
        String name = shown(tensor.name());
        if (tensor.offset() < 0 || tensor.offset() % alignment != 0) {
          throw in.bad(
              "an offset of tensor %s that is a multiple of %d".formatted(name, alignment),
              Long.toUnsignedString(tensor.offset()));
        }
        Optional<DType> type = tensor.type();
        if (type.isPresent()) {
          long bytes = bytes(tensor, type.get());
          long left = file.byteSize() - dataStart - tensor.offset();
          if (bytes > left) {
            throw in.bad(
                "%d bytes of tensor %s at offset %d".formatted(bytes, name, tensor.offset()),
                "only %d (truncated? download it again)".formatted(Math.max(0, left)));
          }
        }
        if (byName.put(tensor.name(), tensor) != null) {
          throw in.bad("each tensor once", "another " + name);
        }
      }
      return Collections.unmodifiableMap(byName);
    }

    private long bytes(GgufTensorInfo tensor, DType type) {
      if (tensor.shape().getLast() % type.elements() != 0) {
        throw in.bad(
            "rows of a multiple of %d elements in tensor %s, which is %s"
                .formatted(type.elements(), shown(tensor.name()), type),
            tensor.shape().toString());
      }
      long rows = 1;
      for (int dimension : tensor.shape().subList(0, tensor.shape().size() - 1)) {
        // Three dimensions below 2^31 may overflow; nothing so large fits a file.
        if (rows > Long.MAX_VALUE / 8 / dimension) {
          throw in.bad("fewer elements in tensor " + shown(tensor.name()), "" + tensor.shape());
        }
        rows *= dimension;
      }
      long rowBytes = type.rowBytes(tensor.shape().getLast());
      return rows > file.byteSize() / rowBytes ? Long.MAX_VALUE : rows * rowBytes;
    }

    private static String shown(String name) {
      return name.length() <= 80 ? name : name.substring(0, 80) + "...";
    }
  }
}
