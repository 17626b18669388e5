package org.lfm4j.cli;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;

/** Turns a directory into a model. */
@FunctionalInterface
interface ModelLoader {
  /** Loads from disk. */
  ModelLoader REAL = LanguageModel::load;

  /** Loads a model directory; {@code progress} is told what happens. */
  LanguageModel load(Path directory, LoadOptions options, Consumer<String> progress);
}
