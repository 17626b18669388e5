package org.lfm4j.checkpoint;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.lfm4j.sampling.SamplingParams;
import tools.jackson.databind.JsonNode;

/**
 * Reads generation_config.json of a model directory. As in transformers, sampling needs a word of
 * the file: {@code do_sample} true, or a temperature without {@code do_sample}; else it is greedy.
 */
public final class GenerationConfigReader {
  private static final Set<String> KEYS =
      Set.of("temperature", "top_p", "top_k", "min_p", "repetition_penalty");

  private GenerationConfigReader() {}

  /**
   * Reads the defaults of a model, sampling values from where {@code defaults} says. What ends a
   * generation is always the model's own: with neutral values that of config.json, since then
   * generation_config.json is not read at all.
   *
   * @throws CheckpointException if a file or the overrides are no JSON or a value is out of range
   */
  public static GenerationConfig read(Path directory, SamplingDefaults defaults) {
    GenerationConfig own =
        defaults.neutral()
            ? new GenerationConfig(SamplingDefaults.NEUTRAL_VALUES, modelEos(directory))
            : read(directory);
    return apply(own, defaults);
  }

  /**
   * Takes a model's own defaults, or sampling values from where {@code defaults} says.
   *
   * @throws CheckpointException if a file or the overrides are no JSON or a value is out of range
   */
  public static GenerationConfig apply(GenerationConfig own, SamplingDefaults defaults) {
    if (defaults.equals(SamplingDefaults.OF_MODEL)) {
      // The usual start, which should not wait for a reader of JSON.
      return own;
    }
    SamplingParams base =
        defaults.neutral()
            ? SamplingDefaults.NEUTRAL_VALUES
            : defaults
                .directory()
                .map(GenerationConfigReader::fileOf)
                .filter(Files::exists)
                .map(file -> sampling(JsonObject.read(file)))
                .orElse(defaults.directory().isPresent() ? SamplingParams.GREEDY : own.sampling());
    JsonObject overrides =
        JsonObject.parse(
            "override_generation_config", defaults.overrides().getBytes(StandardCharsets.UTF_8));
    return new GenerationConfig(override(base, overrides), own.eosTokenIds());
  }

  private static SamplingParams override(SamplingParams base, JsonObject overrides) {
    for (String key : overrides.keys()) {
      if (!KEYS.contains(key)) {
        throw new CheckpointException(
            "%s: %s can't be set; these can: %s"
                .formatted(overrides.source(), key, String.join(", ", new TreeSet<>(KEYS))));
      }
    }
    try {
      return SamplingParams.of(
          number(overrides, "temperature", base.temperature()),
          Math.max(0, overrides.integer(-1, Integer.MAX_VALUE, "top_k").orElse(base.topK())),
          number(overrides, "top_p", base.topP()),
          number(overrides, "min_p", base.minP()),
          number(overrides, "repetition_penalty", base.repetitionPenalty()),
          base.seed());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException("%s: %s".formatted(overrides.source(), e.getMessage()), e);
    }
  }

  /**
   * Reads the defaults of a model; without generation_config.json greedy, ending at the id of
   * config.json.
   *
   * @param directory a model directory
   * @throws CheckpointException if a file is no JSON or a value is out of range
   */
  public static GenerationConfig read(Path directory) {
    Path file = fileOf(directory);
    if (!Files.exists(file)) {
      return new GenerationConfig(SamplingParams.GREEDY, modelEos(directory));
    }
    JsonObject config = JsonObject.read(file);
    List<Integer> eos = eos(config);
    return new GenerationConfig(
        sampling(config), eos.isEmpty() ? modelEos(directory) : new HashSet<>(eos));
  }

  private static Path fileOf(Path directory) {
    return directory.resolve("generation_config.json");
  }

  private static SamplingParams sampling(JsonObject config) {
    boolean samples = config.bool(config.find("temperature").isPresent(), "do_sample");
    try {
      return SamplingParams.of(
          samples ? number(config, "temperature", 1) : 0,
          config.integer(0, Integer.MAX_VALUE, "top_k").orElse(0),
          number(config, "top_p", 1),
          number(config, "min_p", 0),
          number(config, "repetition_penalty", 1),
          OptionalLong.empty());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(
          "%s: %s; correct or delete that key".formatted(config.source(), e.getMessage()), e);
    }
  }

  private static double number(JsonObject config, String key, double absent) {
    Optional<JsonNode> value = config.find(key);
    if (value.isPresent() && !value.get().isNumber()) {
      throw config.bad(key, "a number", value.get());
    }
    return value.map(JsonNode::asDouble).orElse(absent);
  }

  private static Set<Integer> modelEos(Path directory) {
    Path file = directory.resolve("config.json");
    List<Integer> eos = eos(ModelConfigReader.textPart(JsonObject.read(file)));
    return eos.isEmpty() ? Set.of(ModelConfigReader.read(file).eosTokenId()) : new HashSet<>(eos);
  }

  private static List<Integer> eos(JsonObject config) {
    return config.integers(0, Integer.MAX_VALUE, "eos_token_id");
  }
}
