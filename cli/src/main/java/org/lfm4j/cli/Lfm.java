package org.lfm4j.cli;

import java.io.PrintWriter;
import java.util.Map;
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
    System.exit(commandLine(ModelLoader.REAL, System.getenv()).execute(args));
  }

  /** Returns the command line; {@code loader} turns directories into models. */
  static CommandLine commandLine(ModelLoader loader) {
    return commandLine(loader, Map.of());
  }

  /** The same, with flags from environment variables. */
  static CommandLine commandLine(ModelLoader loader, Map<String, String> environment) {
    return new CommandLine(new Lfm())
        .addSubcommand(ServeCommand.commandLine(loader, environment))
        .addSubcommand(new ChatCommand(loader))
        .addSubcommand(BatchCommand.commandLine(loader))
        .addSubcommand(BenchCommand.commandLine(loader))
        .addSubcommand(new QuantizeCommand(loader))
        .addSubcommand(new PullCommand(loader))
        .addSubcommand(new ListCommand(loader))
        .addSubcommand(new VerifyCommand(loader))
        .addSubcommand(new RemoveCommand(loader))
        .addSubcommand(VastCommand.commandLine())
        .addSubcommand(new SelfTestCommand(loader))
        .setUsageHelpWidth(80)
        .setParameterExceptionHandler(new Mistakes())
        .setExecutionExceptionHandler(Lfm::explain);
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
