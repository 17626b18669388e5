package org.lfm4j.cli.vast;

import org.lfm4j.vast.VastClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code lfm vast stop instance}, and the other commands that take an ID and nothing else. */
@Command(name = "instance", mixinStandardHelpOptions = true)
final class ChangeInstanceCommand extends Action {
  private final Change change;

  @Parameters(index = "0", paramLabel = "ID", description = "ID that show instances lists.")
  private long id;

  ChangeInstanceCommand(Session session, Change change) {
    super(session);
    this.change = change;
  }

  /** What can be asked of an instance. */
  enum Change {
    STOP("Stops an instance. Its disk goes on being billed: destroy it if you are done.") {
      @Override
      ObjectNode apply(VastClient client, long id) throws InterruptedException {
        return client.setState(id, "stopped");
      }
    },
    START("Starts a stopped instance, as soon as its GPU is free.") {
      @Override
      ObjectNode apply(VastClient client, long id) throws InterruptedException {
        return client.setState(id, "running");
      }
    },
    REBOOT("Restarts an instance's container.") {
      @Override
      ObjectNode apply(VastClient client, long id) throws InterruptedException {
        return client.reboot(id);
      }
    },
    RECYCLE("Makes an instance's container anew from its newest image.") {
      @Override
      ObjectNode apply(VastClient client, long id) throws InterruptedException {
        return client.recycle(id);
      }
    };

    private final String description;

    Change(String description) {
      this.description = description;
    }

    String description() {
      return description;
    }

    abstract ObjectNode apply(VastClient client, long id) throws InterruptedException;
  }

  @Override
  int run() throws InterruptedException {
    VastClient client = client();
    ObjectNode answer = change.apply(client, id);
    if (session().raw()) {
      printJson(answer, client.mask());
    } else {
      out().println("Asked for. " + change.description());
    }
    return 0;
  }
}
