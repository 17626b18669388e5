package org.lfm4j.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.lfm4j.LoadOptions;
import org.lfm4j.server.ServerOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** {@code lfm serve}. What it starts lies in {@link Serving}, so that help stays quick. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Serves a model to OpenAI clients over HTTP.",
    customSynopsis = "lfm serve [MODEL] [OPTION]...",
    sortOptions = false,
    footer = {
      "",
      "Each flag can also be set by an environment variable (LFM_PORT for --port) or",
      "in a YAML file (--config). vLLM's other flags are accepted, or refused with a",
      "reason: docs/flags.md has them all.",
      "",
      "Try: curl http://localhost:8000/v1/chat/completions \\",
      "       -H 'Content-Type: application/json' \\",
      "       -d '{\"messages\": [{\"role\": \"user\", \"content\": \"What is 37 + 48?\"}]}'"
    })
@Section("Network")
final class ServeCommand implements Callable<Integer> {
  private static final int LARGEST_PORT = 65_535;

  private final ModelLoader loader;
  private final Map<String, String> environment;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private NamesOptions names = new NamesOptions();
  @Mixin private EngineOptions engine = new EngineOptions();
  @Mixin private GenerationOptions generation = new GenerationOptions();
  @Mixin private LogOptions log = new LogOptions();
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
      names = "--trust-request-chat-template",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      description =
          "Let requests bring a chat template of their own. It is a program: trust all clients first.")
  private boolean trustRequestChatTemplate;

  ServeCommand(ModelLoader loader, Map<String, String> environment) {
    this.loader = loader;
    this.environment = Map.copyOf(environment);
  }

  /** Returns the command, with flags from the environment and vLLM's others. */
  static CommandLine commandLine(ModelLoader loader, Map<String, String> environment) {
    CommandLine command = new CommandLine(new ServeCommand(loader, environment));
    CommandSpec spec = command.getCommandSpec();
    spec.addMixin("config", CommandSpec.forAnnotatedObject(new ConfigOptions()));
    VllmFlags.addTo(spec);
    spec.preprocessor(new FlagSources(environment));
    spec.usageMessage()
        .sectionMap()
        .put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, Sections::render);
    return command;
  }

  @Override
  public Integer call() throws InterruptedException {
    ParseResult given = spec.commandLine().getParseResult();
    if (!model.given()) {
      SwallowedModel.refuse(spec, given.originalArgs());
    }
    Ranges.require("--port", port, 0, LARGEST_PORT);
    VllmFlags.check(given, line -> spec.commandLine().getErr().println("lfm: " + line));
    Level logLevel = log.level();
    LoadOptions options = generation.applyTo(engine.applyTo(model.loadOptions()));
    ServerOptions listening = listening();
    Path directory = model.path(loader);
    Serving serving =
        new Serving(
            directory, model.name(), names.of(model), options, loader, spec.commandLine().getOut());
    Logs.configure(logLevel);
    return serving.run(listening);
  }

  private ServerOptions listening() {
    ServerOptions.Builder options =
        ServerOptions.builder()
            .host(host)
            .port(port)
            .keys(auth.keyRing(environment))
            .metricsOpen(auth.metricsOpen())
            .cors(cors.cors())
            .limits(limits.limits())
            .trustRequestChatTemplate(trustRequestChatTemplate);
    tls.files().ifPresent(options::tls);
    operation.applyTo(options, spec.commandLine().getErr());
    return options.build();
  }
}
