package org.lfm4j.cli.vast;

import org.lfm4j.vast.Instance;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lfm vast ssh-url}. */
@Command(
    name = "ssh-url",
    mixinStandardHelpOptions = true,
    description = "Prints where an instance's SSH server listens.")
final class SshUrlCommand extends Action {
  @Parameters(index = "0", paramLabel = "ID", description = "ID that show instances lists.")
  private long id;

  SshUrlCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    Instance.Ssh ssh =
        client().instances().stream()
            .filter(instance -> instance.id() == id)
            .findFirst()
            .flatMap(Instance::ssh)
            .orElseThrow(() ->
                new VastException(
                    VastException.Kind.NOT_FOUND,
                    "Instance %d has no SSH server, or does not run yet: see lfm vast show instance %d."
                        .formatted(id, id)));
    out().println(ssh);
    return 0;
  }
}
