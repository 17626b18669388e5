package org.lfm4j.cli;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.lfm4j.hub.HubCache;
import org.lfm4j.hub.ModelReference;
import org.lfm4j.hub.Sizes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lfm rm}: takes models out of the cache. */
@Command(
    name = "rm",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Removes downloaded models: all of ORG/NAME, one quantisation or one revision.")
final class RemoveCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..*",
      paramLabel = "MODEL",
      description = "ORG/NAME, ORG/NAME:Q4_K_M or ORG/NAME@REVISION; several are possible.")
  private List<String> models = List.of();

  @Option(
      names = "--incomplete",
      description = "Remove only what broken downloads left: of the given models, or of all.")
  private boolean incomplete;

  RemoveCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() {
    if (models.isEmpty() && !incomplete) {
      throw new ParameterException(
          spec.commandLine(), "Say which model: lfm list shows what was downloaded.");
    }
    List<ModelReference> references = models.stream().map(ModelReference::parse).toList();
    HubCache cache = loader.hub().cache();
    long freed = 0;
    for (ModelReference reference : references) {
      freed +=
          incomplete
              ? cache.removeIncomplete(Optional.of(reference.repo()))
              : cache.remove(reference);
    }
    if (references.isEmpty()) {
      freed = cache.removeIncomplete(Optional.empty());
    }
    spec.commandLine().getOut().println(Sizes.of(freed) + " freed");
    spec.commandLine().getOut().flush();
    return 0;
  }
}
