package org.lfm4j.cli.vast;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lfm vast execute}. */
@Command(
    name = "execute",
    mixinStandardHelpOptions = true,
    description = "Runs ls, rm or du on an instance, running or stopped. For more there is ssh.")
final class ExecuteCommand extends Action {
  @Parameters(index = "0", paramLabel = "ID", description = "ID that show instances lists.")
  private long id;

  @Parameters(index = "1", paramLabel = "COMMAND", description = "As in \"ls -l /workspace\".")
  private String command = "";

  ExecuteCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    out().println(client().execute(id, command).stripTrailing());
    return 0;
  }
}
