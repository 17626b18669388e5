package org.lfm4j.cli.vast;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code lfm vast}. It hands its arguments on to a command line of its own, so that other commands
 * do not pay for the many commands in it.
 */
@Command(
    name = "vast",
    description = "Rents a GPU on Vast.ai, serves a model there, ends the rental.")
public final class VastCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Parameters(arity = "0..*", hidden = true)
  private List<String> arguments = new ArrayList<>();

  private VastCommand() {}

  /** Returns the command. */
  public static CommandLine commandLine() {
    CommandLine command = new CommandLine(new VastCommand());
    command.setUnmatchedOptionsArePositionalParams(true);
    command.setStopAtPositional(true);
    return command;
  }

  @Override
  public Integer call() {
    return VastCommands.commandLine(Surroundings.real())
        .setOut(spec.commandLine().getOut())
        .setErr(spec.commandLine().getErr())
        .setUsageHelpWidth(spec.usageMessage().width())
        .setParameterExceptionHandler(spec.commandLine().getParameterExceptionHandler())
        .execute(arguments.toArray(String[]::new));
  }
}
