package org.lfm4j.checkpoint;

import java.util.List;

/**
 * Every published text model with the parameter count of its card or, for those without an exact
 * one, of its tensor shapes.
 *
 * @param model the model
 * @param parameters exact parameter count
 * @param tensors number of tensors
 */
record PublishedConfigs(PublishedModel model, long parameters, int tensors) {
  static final List<PublishedConfigs> ALL =
      List.of(
          new PublishedConfigs(PublishedModel.of("LFM2.5-230M"), 229_693_184L, 132),
          new PublishedConfigs(PublishedModel.of("LFM2-350M"), 354_483_968L, 148),
          new PublishedConfigs(PublishedModel.of("LFM2-700M"), 742_489_344L, 148),
          new PublishedConfigs(PublishedModel.of("LFM2-1.2B"), 1_170_340_608L, 148),
          new PublishedConfigs(PublishedModel.of("LFM2-2.6B"), 2_569_272_320L, 266),
          new PublishedConfigs(PublishedModel.of("LFM2.5-2.6B"), 2_697_198_592L, 266),
          new PublishedConfigs(PublishedModel.of("LFM2-8B-A1B"), 8_339_930_560L, 2302),
          new PublishedConfigs(PublishedModel.of("LFM2.5-8B-A1B"), 8_467_856_832L, 2302),
          new PublishedConfigs(PublishedModel.of("LFM2-24B-A2B"), 23_843_661_440L, 7610));

  static PublishedConfigs of(String name) {
    return ALL.stream().filter(known -> known.model.name().equals(name)).findFirst().orElseThrow();
  }

  String name() {
    return model.name();
  }

  String json() {
    return model.json();
  }

  ModelConfig parsed() {
    return model.config();
  }

  @Override
  public String toString() {
    return name();
  }
}
