package org.lfm4j.cli;

import java.util.Locale;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.sampling.SamplingParams;

/** A loaded model in a few words. */
final class ModelSummary {
  private ModelSummary() {}

  /** Returns lines for the start of a program. */
  static String of(LanguageModel model, String name) {
    ModelConfig config = model.config();
    long total = parameters(config, false);
    long active = parameters(config, true);
    String parameters =
        count(total) + " parameters" + (active == total ? "" : ", " + count(active) + " active");
    return """
    model     %s (%s, %s, %d layers)
    context   %d tokens%s
    weights   bfloat16
    sampling  %s\
    """
        .formatted(
            name,
            config.modelType(),
            parameters,
            config.layers().size(),
            model.maxModelLength(),
            model.maxModelLength() < config.maxPositionEmbeddings()
                ? " of " + config.maxPositionEmbeddings()
                : "",
            sampling(model.generationConfig().sampling()));
  }

  /** Returns sampling values in the API's words. */
  static String sampling(SamplingParams params) {
    return "temperature=%s top_p=%s top_k=%d min_p=%s repetition_penalty=%s%s"
        .formatted(
            params.temperature(),
            params.topP(),
            params.topK(),
            params.minP(),
            params.repetitionPenalty(),
            params.seed().isPresent() ? " seed=" + params.seed().getAsLong() : "");
  }

  /**
   * Counts parameters; shared embeddings count once.
   *
   * @param active whether only the experts that one token uses are counted
   */
  static long parameters(ModelConfig config, boolean active) {
    long hidden = config.hiddenSize();
    long total = config.vocabSize() * hidden * (config.tieWordEmbeddings() ? 1 : 2) + hidden;
    for (int i = 0; i < config.layers().size(); i++) {
      total += 2 * hidden;
      total += config.layers().get(i) == LayerKind.CONV ? conv(config) : attention(config);
      total += config.isMoeLayer(i) ? moe(config, active) : 3 * hidden * config.intermediateSize();
    }
    return total;
  }

  private static long conv(ModelConfig config) {
    long hidden = config.hiddenSize();
    long biases = config.convBias() ? 5 * hidden : 0;
    return 4 * hidden * hidden + hidden * config.convLength() + biases;
  }

  private static long attention(ModelConfig config) {
    long queries = (long) config.numHeads() * config.headDim();
    long keys = (long) config.numKvHeads() * config.headDim();
    return config.hiddenSize() * (2 * queries + 2 * keys) + 2L * config.headDim();
  }

  private static long moe(ModelConfig config, boolean active) {
    MoeConfig moe = config.moe().orElseThrow();
    long hidden = config.hiddenSize();
    long experts = active ? moe.numExpertsPerToken() : moe.numExperts();
    long bias = moe.useExpertBias() ? moe.numExperts() : 0;
    return experts * 3 * hidden * moe.intermediateSize() + hidden * moe.numExperts() + bias;
  }

  private static String count(long number) {
    double[] units = {1e9, 1e6, 1e3};
    String[] names = {" B", " M", " k"};
    for (int i = 0; i < units.length; i++) {
      if (number >= units[i]) {
        return String.format(Locale.ROOT, "%.2f%s", number / units[i], names[i]);
      }
    }
    return Long.toString(number);
  }
}
