package org.lfm4j.cli.vast;

import org.lfm4j.vast.VastClient;
import picocli.CommandLine.Command;
import tools.jackson.databind.node.ObjectNode;

/** {@code lfm vast show user}. */
@Command(
    name = "user",
    mixinStandardHelpOptions = true,
    description = "Shows the account's credit.")
final class ShowUserCommand extends Action {
  ShowUserCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    VastClient client = client();
    ObjectNode user = client.user();
    if (session().raw()) {
      printJson(user, client.mask());
    } else {
      out().println("account  " + user.path("email").asString(user.path("id").asString("?")));
      out().println("credit   " + Money.dollars(user.path("credit").asDouble(0)));
    }
    return 0;
  }
}
