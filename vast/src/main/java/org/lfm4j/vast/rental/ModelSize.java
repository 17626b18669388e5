package org.lfm4j.vast.rental;

import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;

/** How large the published LFM2 models are in BF16, from their numbers of parameters. */
public final class ModelSize {
  /** The model that is part of every distribution. */
  public static final String DEMO = "lfm2-demo";

  private static final Map<String, Double> GIGABYTES =
      Map.of(
          "lfm2-24b-a2b",
          47.7,
          "lfm2-8b-a1b",
          16.7,
          "lfm2.5-8b-a1b",
          16.9,
          "lfm2-2.6b",
          5.2,
          "lfm2-1.2b",
          2.4,
          "lfm2.5-1.2b-instruct",
          2.4,
          "lfm2-700m",
          1.5,
          "lfm2-350m",
          0.8,
          "lfm2.5-350m",
          0.8,
          DEMO,
          0.1);

  private ModelSize() {}

  /** Returns the size of a model's weights in GB, if it is known here. */
  public static OptionalDouble gigabytes(String model) {
    String name = model.substring(model.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    Double size = GIGABYTES.get(name);
    return size == null ? OptionalDouble.empty() : OptionalDouble.of(size);
  }
}
