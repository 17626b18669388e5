package org.lfm4j.cli.vast;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lfm vast tunnel}. */
@Command(
    name = "tunnel",
    mixinStandardHelpOptions = true,
    description = {
      "Forwards a local port to the server through SSH, until Ctrl-C: nothing is readable on the way.",
      "Your SSH key must be stored at https://cloud.vast.ai/manage-keys/ before the rental."
    })
final class TunnelCommand extends Action {
  private static final int SERVER_PORT = 8000;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "RENTAL",
      description = "Label or instance's ID. Default: the only one.")
  private @Nullable String name;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8000",
      description = "Local port. Default: 8000.")
  private int port = SERVER_PORT;

  @Option(names = "--dry-run", description = "Print the ssh command; start nothing.")
  private boolean dryRun;

  TunnelCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    RentalStore store = session().store();
    Optional<Rental> found = name == null ? store.only() : store.find(name);
    Rental rental =
        found.orElseThrow(() ->
            new VastException(
                VastException.Kind.NOT_FOUND, "There is no such rental: see lfm vast status."));
    Instance.Ssh ssh =
        client()
            .instance(rental.requireInstance())
            .flatMap(Instance::ssh)
            .orElseThrow(() ->
                new VastException(
                    VastException.Kind.NOT_FOUND,
                    "%s has no SSH server, or is gone: see lfm vast status."
                        .formatted(rental.label())));
    List<String> command =
        List.of(
            "ssh",
            "-N",
            "-o",
            "ExitOnForwardFailure=yes",
            "-o",
            "ServerAliveInterval=30",
            "-L",
            "127.0.0.1:%d:127.0.0.1:%d".formatted(port, SERVER_PORT),
            "-p",
            Integer.toString(ssh.port()),
            "root@" + ssh.host());
    if (dryRun) {
      out().println(String.join(" ", command));
      return 0;
    }
    err()
        .println(
            "http://127.0.0.1:%d/v1 leads to %s until Ctrl-C.".formatted(port, rental.label()));
    err().flush();
    try {
      return new ProcessBuilder(command).inheritIO().start().waitFor();
    } catch (IOException e) {
      throw new VastException(
          VastException.Kind.INVALID, "ssh can't be started: install an OpenSSH client.", e);
    }
  }
}
