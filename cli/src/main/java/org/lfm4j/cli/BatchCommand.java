package org.lfm4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.OfflineRequests;
import org.lfm4j.server.model.ServedModel;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code lfm batch}: many requests from a file, without a server. */
@Command(
    name = "batch",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = {
      "Answers the requests of a file in OpenAI's batch format.",
      "A run that was broken off goes on where it was when the same command is given again."
    },
    footer = {
      "",
      "A line of INPUT, for /v1/chat/completions or /v1/completions:",
      "  {\"custom_id\": \"a\", \"method\": \"POST\", \"url\": \"/v1/chat/completions\",",
      "   \"body\": {\"messages\": [{\"role\": \"user\", \"content\": \"What is 37 + 48?\"}]}}"
    })
final class BatchCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private NamesOptions names = new NamesOptions();
  @Mixin private EngineOptions engine = new EngineOptions();

  @Parameters(index = "0", paramLabel = "INPUT", description = "Requests, one a line (JSONL).")
  private Path input = Path.of("");

  @Parameters(
      index = "1",
      paramLabel = "OUTPUT",
      description = "Answers, one a line, in the order in which they are ready.")
  private Path output = Path.of("");

  private BatchCommand(ModelLoader loader) {
    this.loader = loader;
  }

  /** Returns the command. Its model is an option, since two files come first. */
  static CommandLine commandLine(ModelLoader loader) {
    CommandLine command = new CommandLine(new BatchCommand(loader));
    CommandSpec spec = command.getCommandSpec();
    PositionalParamSpec positional =
        spec.positionalParameters().stream()
            .filter(parameter -> parameter.paramLabel().equals("MODEL"))
            .findFirst()
            .orElseThrow();
    OptionSpec option = spec.findOption("--model");
    spec.remove(positional);
    spec.remove(option);
    spec.addOption(OptionSpec.builder(option).description(positional.description()).build());
    return command;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    if (!Files.isRegularFile(input)) {
      throw new CliException("There is no file %s: give one with requests.".formatted(input));
    }
    BatchProgress progress = new BatchProgress(spec.commandLine().getErr(), BatchProgress.live());
    LoadOptions options = engine.applyTo(model.loadOptions());
    ServedModel served = new ServedModel(names.of(model), model.name());
    try (BatchOutput answers = BatchOutput.open(output)) {
      BatchInput requests = BatchInput.check(input, answers);
      if (requests.remaining() > 0) {
        try (LanguageModel loaded = loader.load(model.path(loader), options, served::progress)) {
          served.ready(loaded);
          progress.start(requests.remaining());
          new BatchRun(new OfflineRequests(served), answers, progress)
              .run(requests, options.maxSequences());
        }
      }
      spec.commandLine().getOut().println(progress.summary(requests.done(), output));
      spec.commandLine().getOut().flush();
    }
    return 0;
  }
}
