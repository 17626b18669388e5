package org.lfm4j.cli;

import java.util.Locale;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.sampling.SamplingParams;

/** A loaded model in a few words. */
final class ModelSummary {
  private ModelSummary() {}

  /** Returns lines for the start of a program. */
  static String of(LanguageModel model, String name) {
    ModelConfig config = model.config();
    long total = config.parameterCount();
    long active = config.activeParameterCount();
    String parameters =
        count(total) + " parameters" + (active == total ? "" : ", " + count(active) + " active");
    return """
    model     %s (%s, %s, %d layers)
    device    %s
    context   %d tokens%s
    sampling  %s
    memory    %s\
    """
        .formatted(
            name,
            config.modelType(),
            parameters,
            config.layers().size(),
            model.device(),
            model.maxModelLength(),
            model.maxModelLength() < config.maxPositionEmbeddings()
                ? " of " + config.maxPositionEmbeddings()
                : "",
            sampling(model.generationConfig().sampling()),
            model.memoryPlan().table().replace("\n", "\n          "));
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
