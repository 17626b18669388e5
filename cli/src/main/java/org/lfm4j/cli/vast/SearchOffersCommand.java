package org.lfm4j.cli.vast;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.Offer;
import org.lfm4j.vast.OfferSearch;
import org.lfm4j.vast.Query;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code lfm vast search offers}. */
@Command(
    name = "offers",
    mixinStandardHelpOptions = true,
    description = "Lists machines for rent.",
    footer = {
      "",
      "Try: lfm vast search offers \"gpu_ram>=80 num_gpus=1 cuda_vers>=12.4\" -o dph --storage 100"
    })
final class SearchOffersCommand extends Action {
  @Parameters(
      arity = "0..*",
      paramLabel = "QUERY",
      description = {
        "Conditions: FIELD OP VALUE, as in gpu_ram>=80, gpu_name in [RTX_4090,H100_SXM],",
        "verified=any. Memory in GB, duration in days, _ for a blank."
      })
  private List<String> query = new ArrayList<>();

  @Option(
      names = {"-n", "--no-default"},
      description = "Leave out verified=true external=false rentable=true.")
  private boolean noDefault;

  @Option(
      names = {"-o", "--order"},
      paramLabel = "FIELDS",
      defaultValue = OfferSearch.DEFAULT_ORDER,
      description = "Fields to sort by, - after one for descending. Default: score-.")
  private String order = OfferSearch.DEFAULT_ORDER;

  @Option(
      names = {"-t", "--type"},
      paramLabel = "TYPE",
      defaultValue = "on-demand",
      description = "on-demand, bid (interruptible) or reserved. Default: on-demand.")
  private String type = "on-demand";

  @Option(
      names = {"-i", "--interruptible", "-b", "--bid"},
      description = "The same as --type bid.")
  private boolean interruptible;

  @Option(
      names = {"-r", "--reserved"},
      description = "The same as --type reserved.")
  private boolean reserved;

  @Option(
      names = {"-d", "--on-demand"},
      description = "The same as --type on-demand.")
  private boolean onDemand;

  @Option(names = "--limit", paramLabel = "N", description = "Most offers.")
  private @Nullable Integer limit;

  @Option(
      names = "--storage",
      paramLabel = "GIB",
      defaultValue = "5",
      description = "Disk that prices are computed for. Default: 5.")
  private double storage = OfferSearch.DEFAULT_STORAGE;

  @Option(names = "--new", description = "Ask the service's newer form of search.")
  private boolean newer;

  SearchOffersCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    OfferSearch search = search();
    List<String> unknown = search.query().unknownFields();
    if (!unknown.isEmpty()) {
      err().println("lfm vast: Vast may not know " + String.join(", ", unknown) + ".");
    }
    VastClient client = client();
    List<Offer> offers = newer ? client.searchAsks(search) : client.search(search);
    if (session().raw()) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      offers.forEach(offer -> list.add(offer.json()));
      printJson(list, client.mask());
    } else {
      print(offers);
    }
    return 0;
  }

  private OfferSearch search() {
    String kind = interruptible ? "bid" : reserved ? "reserved" : onDemand ? "on-demand" : type;
    if (!List.of("on-demand", "bid", "interruptible", "reserved").contains(kind)) {
      throw new VastException(
          VastException.Kind.INVALID,
          "--type must be on-demand, bid or reserved, got %s.".formatted(kind));
    }
    return new OfferSearch(
        Query.parse(noDefault ? "" : OfferSearch.DEFAULT_QUERY, String.join(" ", query)),
        order,
        kind,
        limit == null ? OptionalInt.empty() : OptionalInt.of(limit),
        storage);
  }

  private void print(List<Offer> offers) {
    Table table =
        new Table(
            "ID",
            "GPU",
            "N",
            "GB",
            "CUDA",
            "$/h",
            "$/GB in",
            "Mbit/s",
            "ports",
            "reliable",
            "where");
    for (Offer offer : offers) {
      table.add(
          Long.toString(offer.id()),
          offer.gpuName(),
          Integer.toString(offer.gpus()),
          number("%.0f", offer.gpuMemory() / 1000),
          number("%.1f", offer.cuda()),
          number("%.3f", offer.dollarsPerHour()),
          number("%.4f", offer.downDollarsPerGigabyte()),
          number("%.0f", offer.downMegabits()),
          offer.json().path("direct_port_count").asString("-"),
          number("%.1f%%", offer.reliability() * 100),
          offer.location());
    }
    out().println(table);
    out()
        .println(
            "%d offers. Prices include %s GiB of disk (--storage), not the traffic."
                .formatted(offers.size(), number("%.0f", storage)));
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}
