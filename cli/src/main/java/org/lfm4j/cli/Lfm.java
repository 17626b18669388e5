package org.lfm4j.cli;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.lfm4j.cli.vast.VastCommand;
import org.lfm4j.server.http.Version;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code lfm} command. */
@Command(
    name = "lfm",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Liquid AI's LFM2 models, served from the JVM.",
    synopsisSubcommandLabel = "COMMAND")
public final class Lfm implements Runnable {
  static final String VERSION = "lfm4j " + Version.NUMBER;

  /** What shells report for a program ended by Ctrl-C. */
  private static final int INTERRUPTED = 130;

  @Spec private CommandSpec spec = CommandSpec.create();

  private Lfm() {}

  /** Runs the command line and exits with its status. */
  public static void main(String[] args) {
    String asked = args.length == 0 ? "" : args[0];
    Map<String, Supplier<Object>> all = commands(ModelLoader.REAL, System.getenv());
    // Reading the annotations of commands that nobody asked for would take longer than the rest.
    Supplier<Object> only = all.get(asked);
    System.exit(commandLine(only == null ? all : Map.of(asked, only)).execute(args));
  }

  /** Returns the command line; {@code loader} turns directories into models. */
  static CommandLine commandLine(ModelLoader loader) {
    return commandLine(loader, Map.of());
  }

  /** The same, with flags from environment variables. */
  static CommandLine commandLine(ModelLoader loader, Map<String, String> environment) {
    return commandLine(commands(loader, environment));
  }

  private static CommandLine commandLine(Map<String, Supplier<Object>> commands) {
    CommandLine lfm = new CommandLine(new Lfm());
    commands.forEach((name, command) -> lfm.addSubcommand(name, command.get()));
    return lfm.setUsageHelpWidth(80)
        .setParameterExceptionHandler(new Mistakes())
        .setExecutionExceptionHandler(Lfm::explain);
  }

  /** Makes each command by its name, in the order of the help. */
  private static Map<String, Supplier<Object>> commands(
      ModelLoader loader, Map<String, String> environment) {
    Map<String, Supplier<Object>> commands = new LinkedHashMap<>();
    commands.put("serve", () -> ServeCommand.commandLine(loader, environment));
    commands.put("chat", () -> new ChatCommand(loader));
    commands.put("batch", () -> BatchCommand.commandLine(loader));
    commands.put("bench", () -> BenchCommand.commandLine(loader));
    commands.put("quantize", () -> new QuantizeCommand(loader));
    commands.put("pull", () -> new PullCommand(loader));
    commands.put("list", () -> new ListCommand(loader));
    commands.put("verify", () -> new VerifyCommand(loader));
    commands.put("rm", () -> new RemoveCommand(loader));
    commands.put("vast", VastCommand::commandLine);
    commands.put("self-test", () -> new SelfTestCommand(loader));
    return commands;
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Say what to do: lfm serve, lfm chat, lfm batch, lfm pull or lfm bench.");
  }

  /** Foreseen errors are one line; anything else is a fault of ours and keeps its trace. */
  private static int explain(
      Exception error, CommandLine command, CommandLine.ParseResult arguments) {
    if (error instanceof InterruptedException) {
      return INTERRUPTED;
    }
    PrintWriter err = command.getErr();
    if (Errors.foreseen(error)) {
      err.println("lfm: " + error.getMessage());
    } else {
      err.println("lfm: this is a fault in lfm4j; please report it with these lines:");
      error.printStackTrace(err);
    }
    err.flush();
    return CommandLine.ExitCode.SOFTWARE;
  }
}
