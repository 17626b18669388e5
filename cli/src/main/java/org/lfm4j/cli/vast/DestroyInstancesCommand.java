package org.lfm4j.cli.vast;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code lfm vast destroy instance} and {@code destroy instances}. */
@Command(
    name = "instance",
    aliases = "instances",
    mixinStandardHelpOptions = true,
    description = "Ends rentals for good; all data there is lost.")
final class DestroyInstancesCommand extends Action {
  @Parameters(arity = "1..*", paramLabel = "ID", description = "IDs that show instances lists.")
  private List<Long> ids = new ArrayList<>();

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  private boolean yes;

  DestroyInstancesCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    VastClient client = client();
    String named = ids.stream().map(String::valueOf).collect(Collectors.joining(", "));
    if (!yes) {
      err().print("Destroy %s, and all data there? [y/N] ".formatted(named));
      err().flush();
      String answer = session().ask().toLowerCase(Locale.ROOT);
      if (!answer.equals("y") && !answer.equals("yes")) {
        throw new VastException(
            VastException.Kind.NOT_DESTROYED,
            "Nothing was destroyed, and %s goes on being billed. Answer y, or give -y."
                .formatted(named));
      }
    }
    ObjectNode answer = ids.size() == 1 ? client.destroy(ids.getFirst()) : client.destroy(ids);
    if (session().raw()) {
      printJson(answer, client.mask());
    } else {
      out().println("Vast destroys %s. To be sure, look: lfm vast show instances".formatted(named));
    }
    return 0;
  }
}
