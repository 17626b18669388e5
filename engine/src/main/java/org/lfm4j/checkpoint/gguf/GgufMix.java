package org.lfm4j.checkpoint.gguf;

import org.lfm4j.tensor.DType;

/** Which type each weight of a model gets. Those that are no matrices of the layers stay F32. */
public enum GgufMix {
  /** All matrices in BF16. */
  BF16(32),
  /** All matrices in Q8_0. */
  Q8_0(7),
  /** Matrices in Q4_0, the embedding, which usually makes the logits, in Q6_K. */
  Q4_0(2),
  /**
   * Matrices in Q4_K; the embedding, and the value and down projections of half of the layers,
   * which suffer most, in Q6_K. The layers are those that llama.cpp chooses.
   */
  Q4_K_M(15);

  private final int fileType;

  GgufMix(int fileType) {
    this.fileType = fileType;
  }

  /** Returns the number of this mix in {@code general.file_type}. */
  int fileType() {
    return fileType;
  }

  /**
   * Returns the type of a weight.
   *
   * @param stored its name in GGUF files
   * @param columns its row length; one that is no whole number of blocks gets a simpler type
   * @param layer its layer, or -1
   */
  DType type(String stored, int columns, int layer, int layers) {
    DType wanted = wanted(stored, layer, layers);
    if (columns % wanted.elements() == 0) {
      return wanted;
    }
    return columns % DType.Q8_0.elements() == 0 ? DType.Q8_0 : DType.BF16;
  }

  private DType wanted(String stored, int layer, int layers) {
    if (!isMatrix(stored)) {
      return DType.F32;
    }
    boolean outer = stored.equals(GgufNames.EMBEDDING) || stored.equals(GgufNames.HEAD);
    return switch (this) {
      case BF16 -> DType.BF16;
      case Q8_0 -> DType.Q8_0;
      case Q4_0 -> outer ? DType.Q6_K : DType.Q4_0;
      case Q4_K_M ->
          outer || (sensitive(stored) && chosen(layer, layers)) ? DType.Q6_K : DType.Q4_K;
    };
  }

  private static boolean isMatrix(String stored) {
    return !stored.contains("norm")
        && !stored.contains("shortconv.conv.")
        && !stored.contains("ffn_gate_inp")
        && !stored.endsWith(".bias");
  }

  private static boolean sensitive(String stored) {
    return stored.contains(".attn_v.") || stored.contains(".ffn_down");
  }

  /** The first and last eighth of the layers, and every third between. */
  private static boolean chosen(int layer, int layers) {
    int eighth = layers / 8;
    return layer < eighth || layer >= 7 * layers / 8 || (layer - eighth) % 3 == 2;
  }
}
