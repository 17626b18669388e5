package org.lfm4j.cli.vast;

import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.CreateRequest;
import org.lfm4j.vast.VastClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code lfm vast create instance}. */
@Command(
    name = "instance",
    mixinStandardHelpOptions = true,
    description = "Rents an offer. Its disk is billed from now on until you destroy it.")
final class CreateInstanceCommand extends Action {
  @Parameters(index = "0", paramLabel = "OFFER", description = "ID that search offers lists.")
  private long offer;

  @Option(names = "--image", paramLabel = "IMAGE", description = "Docker image.")
  private @Nullable String image;

  @Option(
      names = "--disk",
      paramLabel = "GB",
      defaultValue = "10",
      description = "Disk, fixed for the instance's life. Default: 10.")
  private double disk = 10;

  @Option(
      names = {"--bid_price", "--price"},
      paramLabel = "USD",
      description = "Dollars an hour: rents interruptibly. Default: on demand.")
  private @Nullable Double bid;

  @Mixin private ContainerOptions container = new ContainerOptions();

  CreateInstanceCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    CreateRequest request =
        container.request(
            Optional.ofNullable(image),
            disk,
            bid == null ? OptionalDouble.empty() : OptionalDouble.of(bid));
    VastClient client = client();
    ObjectNode answer = client.create(offer, request);
    if (session().raw()) {
      printJson(answer, client.mask());
    } else {
      out().println(created(answer));
    }
    return 0;
  }

  /** Says what was made, and how it ends. */
  static String created(ObjectNode answer) {
    long id = answer.path("new_contract").asLong(0);
    return """
    Instance %d is being made.
      look:  lfm vast show instance %d
      end:   lfm vast destroy instance %d   (stopping alone goes on costing)\
    """
        .formatted(id, id, id);
  }
}
