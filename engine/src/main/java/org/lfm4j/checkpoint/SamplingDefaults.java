package org.lfm4j.checkpoint;

import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.lfm4j.sampling.SamplingParams;

/**
 * Where the sampling values come from that hold where a request says nothing.
 *
 * @param directory where generation_config.json is; empty takes the model's own directory
 * @param neutral whether no file counts: temperature 1, no filters, no penalties
 * @param overrides a JSON object of values that replace some of these; may be {@code {}}
 */
public record SamplingDefaults(Optional<Path> directory, boolean neutral, String overrides) {
  /** Temperature 1 without filters or penalties. */
  static final SamplingParams NEUTRAL_VALUES =
      SamplingParams.of(1, 0, 1, 0, 1, OptionalLong.empty());

  /** Those of the model's own generation_config.json. */
  public static final SamplingDefaults OF_MODEL =
      new SamplingDefaults(Optional.empty(), false, "{}");

  /** None: temperature 1 and no filters, whatever the model says. */
  public static final SamplingDefaults NEUTRAL = new SamplingDefaults(Optional.empty(), true, "{}");

  /** Those of a generation_config.json in another directory. */
  public static SamplingDefaults of(Path directory) {
    return new SamplingDefaults(Optional.of(directory), false, "{}");
  }

  /** Returns these with some values replaced, as in {@code {"temperature": 0.5}}. */
  public SamplingDefaults overriddenBy(String json) {
    return new SamplingDefaults(directory, neutral, json);
  }
}
