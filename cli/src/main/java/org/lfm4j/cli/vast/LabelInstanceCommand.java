package org.lfm4j.cli.vast;

import org.lfm4j.vast.VastClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lfm vast label instance}. */
@Command(name = "instance", mixinStandardHelpOptions = true, description = "Names an instance.")
final class LabelInstanceCommand extends Action {
  @Parameters(index = "0", paramLabel = "ID", description = "ID that show instances lists.")
  private long id;

  @Parameters(index = "1", paramLabel = "LABEL", description = "Its new label.")
  private String label = "";

  LabelInstanceCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    VastClient client = client();
    var answer = client.setLabel(id, label);
    if (session().raw()) {
      printJson(answer, client.mask());
    }
    return 0;
  }
}
