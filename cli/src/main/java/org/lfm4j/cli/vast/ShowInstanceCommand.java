package org.lfm4j.cli.vast;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code lfm vast show instance}. */
@Command(
    name = "instance",
    mixinStandardHelpOptions = true,
    description = "Shows one instance: its state, its address, its price.")
final class ShowInstanceCommand extends Action {
  @Parameters(index = "0", paramLabel = "ID", description = "ID that show instances lists.")
  private long id;

  ShowInstanceCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    VastClient client = client();
    Optional<Instance> instance = client.instance(id);
    if (session().raw()) {
      JsonNode json =
          instance.<JsonNode>map(Instance::json).orElseGet(JsonNodeFactory.instance::nullNode);
      printJson(json, client.mask());
    }
    if (instance.isEmpty()) {
      throw new VastException(
          VastException.Kind.NOT_FOUND,
          "There is no instance %d: it is destroyed, or was never yours. lfm vast show instances lists what there is."
              .formatted(id));
    }
    if (!session().raw()) {
      print(instance.get(), client);
    }
    return 0;
  }

  private void print(Instance instance, VastClient client) {
    out().println(ShowInstancesCommand.table(List.of(instance), Instant.now()));
    if (!instance.message().isEmpty()) {
      out().println("message  " + client.mask().text(instance.message()));
    }
    instance.json().path("ports").propertyNames().stream()
        .filter(port -> port.endsWith("/tcp"))
        .map(port -> port.substring(0, port.indexOf('/')))
        .filter(port -> port.matches("\\d{1,5}"))
        .forEach(port -> printPort(instance, Integer.parseInt(port)));
    instance.ssh().ifPresent(ssh -> out().println("ssh      " + ssh));
  }

  private void printPort(Instance instance, int port) {
    Optional<URI> address = instance.address(port);
    address.ifPresent(uri -> out().println("port     %d is %s".formatted(port, uri)));
  }
}
