package org.lfm4j.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.lfm4j.hub.Hub;
import org.lfm4j.hub.ModelReference;
import org.lfm4j.hub.Selection;
import org.lfm4j.hub.Sizes;
import org.lfm4j.hub.Verification;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lfm verify}: are a model's files what the Hub published? */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Hashes a downloaded model's files and compares them with what the Hub listed.")
final class VerifyCommand implements Callable<Integer> {
  private static final int DAMAGED = 1;

  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "ORG/NAME, ORG/NAME:Q4_K_M or ORG/NAME@REVISION.")
  private String model = "";

  @Option(names = "--repair", description = "Download wrong and missing files again.")
  private boolean repair;

  VerifyCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException {
    ModelReference reference = ModelReference.parse(model);
    Hub hub = loader.hub();
    Verification verification;
    try (PullProgress progress = PullProgress.of(model, hub.settings())) {
      verification = hub.cache().verify(reference, progress);
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(
        "%s: %d files, %s hashed, %d wrong or missing"
            .formatted(
                model,
                verification.files(),
                Sizes.of(verification.bytes()),
                verification.problems().size()));
    verification.problems().forEach(one -> out.println("  " + one.path() + " " + one.what()));
    out.flush();
    if (verification.problems().isEmpty()) {
      return 0;
    }
    if (!repair) {
      out.println("lfm verify --repair %s downloads them again.".formatted(model));
      out.flush();
      return DAMAGED;
    }
    hub.cache().discard(verification);
    ModelReference same =
        new ModelReference(reference.repo(), reference.quantization(), verification.commit());
    Selection damaged =
        tree ->
            tree.files().stream()
                .filter(file ->
                    verification.problems().stream()
                        .anyMatch(problem -> problem.path().equals(file.path())))
                .toList();
    int files;
    try (PullProgress progress = PullProgress.of(model, hub.settings())) {
      files = hub.pull(same, damaged, progress).files().size();
    }
    out.println("downloaded %d files again".formatted(files));
    out.flush();
    return 0;
  }
}
