package org.lfm4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Says what is wrong with a command line, what may have been meant, and where to read on. */
final class Mistakes implements IParameterExceptionHandler {
  @Override
  public int handleParseException(ParameterException mistake, String[] arguments) {
    CommandLine command = mistake.getCommandLine();
    PrintWriter err = command.getErr();
    String origin = origin(mistake).map(", which comes from %s"::formatted).orElse("");
    err.println("lfm: " + mistake.getMessage() + origin);
    suggestion(mistake).ifPresent(meant -> err.println("Did you mean: " + meant));
    err.printf("See %s --help%n", command.getCommandSpec().qualifiedName());
    err.flush();
    return CommandLine.ExitCode.USAGE;
  }

  private static Optional<String> origin(ParameterException mistake) {
    CommandSpec command = mistake.getCommandLine().getCommandSpec();
    return Optional.ofNullable(mistake.getArgSpec())
        .flatMap(option ->
            command.preprocessor() instanceof FlagSources sources
                ? sources.origin(option)
                : Optional.empty());
  }

  private static Optional<String> suggestion(ParameterException mistake) {
    if (!(mistake instanceof UnmatchedArgumentException unmatched)) {
      return Optional.empty();
    }
    CommandSpec command = mistake.getCommandLine().getCommandSpec();
    String word = unmatched.getUnmatched().getFirst().split("=", 2)[0];
    if (word.startsWith("-")) {
      List<String> names = new ArrayList<>(command.optionsMap().keySet());
      names.addAll(command.negatedOptionsMap().keySet());
      return Similar.to(word, names);
    }
    return Similar.to(word, command.subcommands().keySet())
        .map(name -> command.qualifiedName() + " " + name);
  }
}
