package org.lfm4j.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lfm4j.tensor.Tensor;

/** Joins per-expert tensors as transformers 5 does in memory. */
final class FusedExperts {
  private FusedExperts() {}

  /**
   * Replaces {@code experts.J.w1/w2/w3.weight} by {@code experts.gate_up_proj} [E, 2M, H] and
   * {@code experts.down_proj} [E, H, M].
   */
  static List<Tensor> fuse(List<Tensor> tensors, int experts, String suffix, Arena arena) {
    Map<String, Tensor> byName = new LinkedHashMap<>();
    tensors.forEach(tensor -> byName.put(tensor.name(), tensor));
    List<Tensor> result = new ArrayList<>();
    for (Tensor tensor : tensors) {
      if (tensor.name().endsWith("experts.0.w1.weight")) {
        String prefix = tensor.name().replace("0.w1.weight", "");
        List<Tensor> gateUp = new ArrayList<>();
        List<Tensor> down = new ArrayList<>();
        for (int j = 0; j < experts; j++) {
          gateUp.add(byName.get(prefix + j + ".w1.weight"));
          gateUp.add(byName.get(prefix + j + ".w3.weight"));
          down.add(byName.get(prefix + j + ".w2.weight"));
        }
        result.add(join(prefix + "gate_up_proj" + suffix, gateUp, experts, arena));
        result.add(join(prefix + "down_proj" + suffix, down, experts, arena));
      } else if (!tensor.name().contains("experts.")) {
        result.add(tensor);
      }
    }
    return result;
  }

  private static Tensor join(String name, List<Tensor> parts, int experts, Arena arena) {
    Tensor first = parts.getFirst();
    MemorySegment data = arena.allocate(first.data().byteSize() * parts.size());
    for (int i = 0; i < parts.size(); i++) {
      MemorySegment part = parts.get(i).data();
      data.asSlice(i * part.byteSize(), part.byteSize()).copyFrom(part);
    }
    int rows = first.rows() * parts.size() / experts;
    return new Tensor(name, first.dtype(), List.of(experts, rows, first.columns()), data);
  }
}
