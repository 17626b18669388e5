package org.lfm4j.cli.vast;

import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.CreateRequest;
import org.lfm4j.vast.OfferSearch;
import org.lfm4j.vast.Query;
import org.lfm4j.vast.VastClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** {@code lfm vast launch instance}. */
@Command(
    name = "instance",
    mixinStandardHelpOptions = true,
    description = "Rents the best offer of a kind, as Vast sees it.")
final class LaunchInstanceCommand extends Action {
  @Option(
      names = {"-g", "--gpu-name"},
      required = true,
      paramLabel = "NAME",
      description = "GPU, _ for a blank: H100_SXM.")
  private String gpu = "";

  @Option(
      names = {"-n", "--num-gpus"},
      required = true,
      paramLabel = "N",
      description = "How many.")
  private int gpus;

  @Option(
      names = {"-r", "--region"},
      paramLabel = "CODES",
      description = "Country codes: SE,NO.")
  private @Nullable String region;

  @Option(
      names = {"-i", "--image"},
      paramLabel = "IMAGE",
      description = "Docker image.")
  private @Nullable String image;

  @Option(
      names = {"-d", "--disk"},
      paramLabel = "GB",
      defaultValue = "16",
      description = "Disk. Default: 16.")
  private double disk = 16;

  @Option(
      names = {"-l", "--limit"},
      paramLabel = "N",
      defaultValue = "3",
      description = "Most offers to try. Default: 3.")
  private int limit = 3;

  @Option(
      names = {"-o", "--order"},
      paramLabel = "FIELDS",
      defaultValue = OfferSearch.DEFAULT_ORDER,
      description = "Which are best. Default: score-.")
  private String order = OfferSearch.DEFAULT_ORDER;

  @Mixin private ContainerOptions container = new ContainerOptions();

  LaunchInstanceCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    CreateRequest request =
        container.request(Optional.ofNullable(image), disk, OptionalDouble.empty());
    String query = "num_gpus=%d gpu_name=%s disk_space>=%s".formatted(gpus, gpu, disk);
    if (region != null) {
      query += " geolocation in [%s]".formatted(region.replaceAll("[\\[\\]]", ""));
    }
    OfferSearch search =
        new OfferSearch(
            Query.parse(OfferSearch.DEFAULT_QUERY + " rented=false", query),
            order,
            "on-demand",
            OptionalInt.of(limit),
            disk);
    VastClient client = client();
    ObjectNode answer = client.launch(search, request);
    if (session().raw()) {
      printJson(answer, client.mask());
    } else {
      out().println(CreateInstanceCommand.created(answer));
    }
    return 0;
  }
}
