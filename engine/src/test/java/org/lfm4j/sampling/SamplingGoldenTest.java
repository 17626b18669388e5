package org.lfm4j.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Against the logits processors of transformers; tools/golden/sampling.py made the vectors. */
class SamplingGoldenTest {
  /** Ours holds processed logits in FP32: half a unit in the last place of 100, twice. */
  private static final Offset<Double> LOGIT_ERROR = Offset.offset(1e-5);

  /** Such an error in a logit changes a probability by at most that, divided by 0.1. */
  private static final Offset<Double> PROBABILITY_ERROR = Offset.offset(1e-4);

  /** Draws leave out tokens that together weigh less than a random number resolves. */
  private static final double HOPELESS = 1e-16;

  @TestFactory
  Stream<DynamicTest> distributionsAreThoseOfTransformers() throws IOException {
    try (InputStream in = getClass().getResourceAsStream("/golden/sampling.json")) {
      JsonNode golden = new JsonMapper().readTree(in);
      return golden
          .get("cases")
          .valueStream()
          .map(c -> DynamicTest.dynamicTest(name(c), () -> check(golden, c)));
    }
  }

  private static String name(JsonNode c) {
    Map<String, JsonNode> parameters = new HashMap<>();
    c.properties().forEach(p -> parameters.put(p.getKey(), p.getValue()));
    parameters.keySet().removeAll(Set.of("processed", "probabilities"));
    return parameters.toString();
  }

  private static void check(JsonNode golden, JsonNode c) {
    int[] row = ints(golden.get("prompt"));
    float[] logits = floats(golden.get("rows").get(c.get("row").stringValue()));
    int vocabSize = logits.length;
    Set<Integer> stopIds = Set.copyOf(list(golden.get("stop")));
    Sampler sampler = new Sampler(params(c), vocabSize, stopIds);
    sampler.observePrompt(row);
    for (int token : ints(golden.get("output"))) {
      sampler.observe(token);
    }

    double[] probabilities = sampler.probabilities(logits, 0);

    for (int id = 0; id < vocabSize; id++) {
      JsonNode processed = c.get("processed").get(id);
      if (processed.isNull()) {
        assertThat(logits[id]).as("logit %d", id).isEqualTo(Float.NEGATIVE_INFINITY);
      } else {
        assertThat((double) logits[id])
            .as("logit %d", id)
            .isCloseTo(processed.doubleValue(), LOGIT_ERROR);
      }
      JsonNode probability = c.get("probabilities").get(Integer.toString(id));
      if (probability == null) {
        assertThat(probabilities[id]).as("probability %d", id).isZero();
      } else if (probability.doubleValue() > HOPELESS) {
        assertThat(probabilities[id])
            .as("probability %d", id)
            .isPositive()
            .isCloseTo(probability.doubleValue(), PROBABILITY_ERROR);
      }
    }
  }

  private static SamplingParams params(JsonNode c) {
    SamplingParamsBuilder params =
        SamplingParams.builder()
            .temperature(c.path("temperature").doubleValue(1))
            .topK(c.path("top_k").intValue(0))
            .topP(c.path("top_p").doubleValue(1))
            .minP(c.path("min_p").doubleValue(0))
            .repetitionPenalty(c.path("repetition_penalty").doubleValue(1))
            .frequencyPenalty(c.path("frequency_penalty").doubleValue(0))
            .presencePenalty(c.path("presence_penalty").doubleValue(0))
            .minTokens(c.path("min_tokens").intValue(0));
    Map<Integer, Float> bias = new HashMap<>();
    c.path("logit_bias")
        .properties()
        .forEach(b -> bias.put(Integer.valueOf(b.getKey()), b.getValue().floatValue()));
    params.logitBias(bias);
    if (c.has("allowed_token_ids")) {
      params.allowedTokenIds(new LinkedHashSet<>(list(c.get("allowed_token_ids"))));
    }
    List<List<Integer>> badWords = new ArrayList<>();
    c.path("bad_words").forEach(word -> badWords.add(list(word)));
    return params.badWords(badWords).build();
  }

  private static List<Integer> list(JsonNode ids) {
    return ids.valueStream().map(JsonNode::intValue).toList();
  }

  private static int[] ints(JsonNode ids) {
    return ids.valueStream().mapToInt(JsonNode::intValue).toArray();
  }

  private static float[] floats(JsonNode values) {
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = values.get(i).floatValue();
    }
    return floats;
  }
}
