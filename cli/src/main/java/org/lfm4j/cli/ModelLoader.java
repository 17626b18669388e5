package org.lfm4j.cli;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.hub.Hub;
import org.lfm4j.hub.HubSettings;

/** Turns what is on disk into a model, and a name into what is on disk. */
@FunctionalInterface
interface ModelLoader {
  /** Loads from disk. */
  ModelLoader REAL = LanguageModel::load;

  /** Loads a model directory or file; {@code progress} is told what happens. */
  LanguageModel load(Path directory, LoadOptions options, Consumer<String> progress);

  /** Returns where models come from that are given by name. */
  default Hub hub() {
    return new Hub(HubSettings.fromEnvironment());
  }
}
