package org.lfm4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfm4j.server.ServerOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm serve}. What it starts lies in {@link Serving}, so that help stays quick. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Serves a model to OpenAI clients over HTTP.",
    footer = {
      "",
      "Try: curl http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json' \\",
      "       -d '{\"messages\": [{\"role\": \"user\", \"content\": \"What is 37 + 48?\"}]}'"
    })
final class ServeCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private EngineOptions engine = new EngineOptions();
  @Mixin private AuthOptions auth = new AuthOptions();
  @Mixin private TlsOptions tls = new TlsOptions();
  @Mixin private CorsOptions cors = new CorsOptions();
  @Mixin private LimitOptions limits = new LimitOptions();
  @Mixin private OperationOptions operation = new OperationOptions();

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "0.0.0.0",
      description =
          "Address to listen on. Default: 0.0.0.0, all interfaces; 127.0.0.1 for this machine only.")
  private String host = "0.0.0.0";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8000",
      description = "TCP port; 0 takes a free one. Default: 8000.")
  private int port = 8000;

  @Option(
      names = "--served-model-name",
      paramLabel = "NAME",
      arity = "1..*",
      description = "What clients call the model; several are possible. Default: MODEL as given.")
  private List<String> names = List.of();

  @Option(
      names = "--trust-remote-code",
      description = "Accepted for vLLM's sake and ignored: no code is ever loaded from a model.")
  private boolean trustRemoteCode;

  ServeCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException {
    requireNoSwallowedModel();
    if (port < 0 || port > 65_535) {
      throw new CliException("--port must be in [0, 65535], got " + port + ".");
    }
    if (trustRemoteCode) {
      spec.commandLine()
          .getErr()
          .println("lfm: --trust-remote-code is ignored: no code is ever loaded from a model.");
    }
    ServerOptions listening = listening();
    Path directory = model.directory();
    Serving serving =
        new Serving(
            directory,
            model.name(),
            names.isEmpty() ? List.of(model.name()) : names,
            engine.applyTo(model.loadOptions()),
            loader,
            spec.commandLine().getOut());
    return serving.run(listening);
  }

  private ServerOptions listening() {
    ServerOptions.Builder options =
        ServerOptions.builder()
            .host(host)
            .port(port)
            .keys(auth.keyRing(System.getenv()))
            .metricsOpen(auth.metricsOpen())
            .cors(cors.cors())
            .limits(limits.limits());
    tls.files().ifPresent(options::tls);
    operation.applyTo(options, spec.commandLine().getErr());
    return options.build();
  }

  private void requireNoSwallowedModel() {
    requireNoSwallowedModel("--served-model-name", "a second name of the model", names);
    requireNoSwallowedModel("--api-key", "a second API key", auth.given());
  }

  private void requireNoSwallowedModel(String option, String as, List<String> values) {
    if (!model.given() && values.size() > 1 && Files.isDirectory(Path.of(values.getLast()))) {
      throw new CliException(
          "%s was read as %s: write the directory first, as in lfm serve %s %s ..."
              .formatted(values.getLast(), as, values.getLast(), option));
    }
  }
}
