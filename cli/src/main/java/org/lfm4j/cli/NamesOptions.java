package org.lfm4j.cli;

import java.util.List;
import picocli.CommandLine.Option;

/** What the served model is called. */
@Section("Network")
final class NamesOptions {
  @Option(
      names = "--served-model-name",
      paramLabel = "NAME",
      arity = "1..*",
      description =
          "What requests may call the model; several are possible, and the first stands in answers. Default: MODEL as given.")
  private List<String> names = List.of();

  /** Returns the names; without any, that of the model. */
  List<String> of(ModelOptions model) {
    return names.isEmpty() ? List.of(model.name()) : names;
  }
}
