package org.lfm4j.checkpoint.gguf;

import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.lfm4j.tensor.DType;

/** Numbers of tensor types in GGUF files ({@code ggml_type}). */
final class GgufTypes {
  private static final Map<DType, Integer> IDS = new EnumMap<>(DType.class);

  static {
    IDS.put(DType.F32, 0);
    IDS.put(DType.F16, 1);
    IDS.put(DType.Q4_0, 2);
    IDS.put(DType.Q8_0, 8);
    IDS.put(DType.Q4_K, 12);
    IDS.put(DType.Q5_K, 13);
    IDS.put(DType.Q6_K, 14);
    IDS.put(DType.BF16, 30);
  }

  private static final Map<Integer, String> OTHERS =
      Map.ofEntries(
          Map.entry(3, "Q4_1"),
          Map.entry(6, "Q5_0"),
          Map.entry(7, "Q5_1"),
          Map.entry(9, "Q8_1"),
          Map.entry(10, "Q2_K"),
          Map.entry(11, "Q3_K"),
          Map.entry(15, "Q8_K"),
          Map.entry(16, "IQ2_XXS"),
          Map.entry(17, "IQ2_XS"),
          Map.entry(18, "IQ3_XXS"),
          Map.entry(19, "IQ1_S"),
          Map.entry(20, "IQ4_NL"),
          Map.entry(21, "IQ3_S"),
          Map.entry(22, "IQ2_S"),
          Map.entry(23, "IQ4_XS"),
          Map.entry(28, "F64"),
          Map.entry(29, "IQ1_M"),
          Map.entry(39, "MXFP4"));

  private GgufTypes() {}

  static Optional<DType> find(int id) {
    return IDS.entrySet().stream()
        .filter(entry -> entry.getValue() == id)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** Returns a type's number. */
  static int id(DType type) {
    return IDS.getOrDefault(type, -1);
  }

  /** Returns what users call a type that is not read here. */
  static String name(int id) {
    return OTHERS.getOrDefault(id, "number " + Integer.toUnsignedString(id));
  }
}
