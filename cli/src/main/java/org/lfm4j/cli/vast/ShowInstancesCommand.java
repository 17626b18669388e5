package org.lfm4j.cli.vast;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.VastClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code lfm vast show instances}. */
@Command(
    name = "instances",
    mixinStandardHelpOptions = true,
    description = "Lists everything that the account rents.")
final class ShowInstancesCommand extends Action {
  private static final List<String> COLUMNS =
      List.of(
          "id",
          "actual_status",
          "label",
          "num_gpus",
          "gpu_name",
          "gpu_util",
          "disk_space",
          "disk_usage",
          "disk_util",
          "volume_info",
          "dph_total",
          "image_uuid",
          "start_date",
          "verification");

  @Option(
      names = {"-q", "--quiet"},
      description = "IDs only.")
  private boolean quiet;

  ShowInstancesCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    VastClient client = client();
    boolean raw = session().raw();
    List<Instance> instances = raw ? client.instances() : client.instances(COLUMNS);
    if (raw) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      instances.forEach(instance -> list.add(instance.json()));
      printJson(list, client.mask());
    } else if (quiet) {
      instances.forEach(instance -> out().println(instance.id()));
    } else {
      out().println(table(instances, Instant.now()));
    }
    return 0;
  }

  /** Returns the lines that people read. */
  static String table(List<Instance> instances, Instant now) {
    if (instances.isEmpty()) {
      return "Nothing is rented.";
    }
    Table table = new Table("ID", "status", "label", "GPU", "N", "$/h", "hours", "image");
    double total = 0;
    for (Instance instance : instances) {
      total += instance.dollarsPerHour();
      table.add(
          Long.toString(instance.id()),
          instance.status().isEmpty() ? "scheduled" : instance.status(),
          instance.label().isEmpty() ? "-" : instance.label(),
          instance.gpuName(),
          instance.json().path("num_gpus").asString("-"),
          String.format(Locale.ROOT, "%.3f", instance.dollarsPerHour()),
          hours(instance, now),
          instance.json().path("image_uuid").asString("-"));
    }
    return "%s%n%d rented, %s an hour while all run."
        .formatted(table, instances.size(), Money.dollars(total));
  }

  private static String hours(Instance instance, Instant now) {
    double start = instance.startSeconds();
    return start <= 0
        ? "-"
        : String.format(Locale.ROOT, "%.1f", Math.max(0, now.getEpochSecond() - start) / 3600);
  }
}
