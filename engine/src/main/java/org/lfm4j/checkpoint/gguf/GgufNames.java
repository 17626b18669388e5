package org.lfm4j.checkpoint.gguf;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfm4j.checkpoint.ExpectedTensors;

/** Translates published weight names to those of GGUF files, where experts are stacked. */
final class GgufNames {
  private static final Pattern LAYER = Pattern.compile("model\\.layers\\.(\\d+)\\.(.*)");
  private static final Pattern BLOCK = Pattern.compile("blk\\.(\\d+)\\..*");
  private static final Pattern EXPERT =
      Pattern.compile("feed_forward\\.experts\\.(\\d+)\\.(w[123])\\.weight");

  /** By what follows the layer's number. */
  private static final Map<String, String> IN_LAYER =
      Map.ofEntries(
          Map.entry("operator_norm.weight", "attn_norm.weight"),
          Map.entry("ffn_norm.weight", "ffn_norm.weight"),
          Map.entry("self_attn.q_proj.weight", "attn_q.weight"),
          Map.entry("self_attn.k_proj.weight", "attn_k.weight"),
          Map.entry("self_attn.v_proj.weight", "attn_v.weight"),
          Map.entry("self_attn.out_proj.weight", "attn_output.weight"),
          Map.entry("self_attn.q_layernorm.weight", "attn_q_norm.weight"),
          Map.entry("self_attn.k_layernorm.weight", "attn_k_norm.weight"),
          Map.entry("conv.in_proj.weight", "shortconv.in_proj.weight"),
          Map.entry("conv.conv.weight", "shortconv.conv.weight"),
          Map.entry("conv.out_proj.weight", "shortconv.out_proj.weight"),
          Map.entry("feed_forward.w1.weight", "ffn_gate.weight"),
          Map.entry("feed_forward.w2.weight", "ffn_down.weight"),
          Map.entry("feed_forward.w3.weight", "ffn_up.weight"),
          Map.entry("feed_forward.gate.weight", "ffn_gate_inp.weight"),
          Map.entry("feed_forward.expert_bias", "exp_probs_b.bias"));

  private static final Map<String, String> STACKED =
      Map.of(
          "w1", "ffn_gate_exps.weight", "w2", "ffn_down_exps.weight", "w3", "ffn_up_exps.weight");

  /** The final norm; some files call it otherwise. */
  static final String OTHER_FINAL_NORM = "output_norm.weight";

  /** The output head of a model that doesn't share it with the embedding. */
  static final String HEAD = "output.weight";

  /** The embedding. */
  static final String EMBEDDING = "token_embd.weight";

  /**
   * Where a weight is.
   *
   * @param name of the stored tensor
   * @param expert which part of it, if it holds all experts
   */
  record Stored(String name, OptionalInt expert) {}

  private GgufNames() {}

  /** Returns where the weight of a published name is, or nothing for a name without counterpart. */
  static Optional<Stored> find(String name) {
    return switch (name) {
      case ExpectedTensors.EMBEDDING -> whole(EMBEDDING);
      case ExpectedTensors.FINAL_NORM -> whole("token_embd_norm.weight");
      case ExpectedTensors.LM_HEAD -> whole(HEAD);
      default -> inLayer(name);
    };
  }

  private static Optional<Stored> inLayer(String name) {
    Matcher layer = LAYER.matcher(name);
    if (!layer.matches()) {
      return Optional.empty();
    }
    String block = "blk." + layer.group(1) + ".";
    Matcher expert = EXPERT.matcher(layer.group(2));
    if (expert.matches()) {
      String stored = STACKED.getOrDefault(expert.group(2), "");
      return Optional.of(
          new Stored(block + stored, OptionalInt.of(Integer.parseInt(expert.group(1)))));
    }
    return Optional.ofNullable(IN_LAYER.get(layer.group(2))).flatMap(part -> whole(block + part));
  }

  /** Returns the layer of a stored tensor, or -1. */
  static int layer(String stored) {
    Matcher block = BLOCK.matcher(stored);
    return block.matches() ? Integer.parseInt(block.group(1)) : -1;
  }

  private static Optional<Stored> whole(String name) {
    return Optional.of(new Stored(name, OptionalInt.empty()));
  }
}
