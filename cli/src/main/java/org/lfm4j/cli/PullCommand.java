package org.lfm4j.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.lfm4j.hub.Hub;
import org.lfm4j.hub.ModelReference;
import org.lfm4j.hub.Selection;
import org.lfm4j.hub.Snapshot;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lfm pull}: brings a model of the Hub, or its newest state, into the cache. */
@Command(
    name = "pull",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = {
      "Downloads a model from the Hugging Face Hub, or what is new of it, and prints where it is.",
      "A download that broke off goes on where it was."
    },
    footer = {
      "",
      "Try: lfm pull LiquidAI/LFM2-350M",
      "     lfm pull LiquidAI/LFM2-24B-A2B-GGUF:Q4_K_M"
    })
final class PullCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "ORG/NAME, ORG/NAME:Q4_K_M (that .gguf file) or ORG/NAME@REVISION.")
  private String model = "";

  @Option(
      names = "--include",
      paramLabel = "PATTERN",
      description =
          "Download the files that match instead of those that running the model needs, like '*.json'; several are possible. '*' is everything.")
  private List<String> include = List.of();

  PullCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException {
    ModelReference reference = ModelReference.parse(model);
    Selection selection = include.isEmpty() ? Selection.of(reference) : Selection.matching(include);
    Hub hub = loader.hub();
    Snapshot snapshot;
    try (PullProgress progress = PullProgress.of(model, hub.settings())) {
      snapshot = hub.pull(reference, selection, progress);
    }
    spec.commandLine()
        .getOut()
        .println(include.isEmpty() ? snapshot.model() : snapshot.directory());
    spec.commandLine().getOut().flush();
    return 0;
  }
}
