package org.lfm4j.cli.vast;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Candidate;
import org.lfm4j.vast.rental.Consent;
import org.lfm4j.vast.rental.ModelSize;
import org.lfm4j.vast.rental.OfferFinder;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.Renter;
import org.lfm4j.vast.rental.Wish;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code lfm vast up}. */
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = {
      "Rents the offer that costs least in total, serves a model there, and waits until it answers.",
      "Whatever goes wrong before that ends the rental. It ends itself after --hours, or when idle."
    })
final class UpCommand extends Action {
  private static final double GPU_SHARE = 0.8;
  private static final double GPU_LEAST = 8;
  private static final int LISTED = 8;
  private static final double MEGABYTES_A_GIGABYTE = 1000;
  private static final double PERCENT = 100;

  /** Offers older than this are searched for anew. */
  private static final Duration OFFERS_LAST = Duration.ofMinutes(2);

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "What to serve, as in LiquidAI/LFM2-24B-A2B; lfm2-demo for a cheap try.")
  private String model = "";

  @Option(names = "--dry-run", description = "Show offers and the estimate; rent nothing.")
  private boolean dryRun;

  @Option(
      names = "--hours",
      paramLabel = "H",
      defaultValue = "2",
      description = "Planned length; then the instance destroys itself. Default: 2.")
  private double hours = 2;

  @Option(
      names = "--idle-minutes",
      paramLabel = "M",
      defaultValue = "30",
      description =
          "Minutes without a request after which it destroys itself; 0: never. Default: 30.")
  private double idleMinutes = 30;

  @Option(names = "--max-price", paramLabel = "USD", description = "Most dollars an hour.")
  private @Nullable Double maxPrice;

  @Option(
      names = "--max-total",
      paramLabel = "USD",
      description = "Most dollars that the estimate may come to.")
  private @Nullable Double maxTotal;

  @Option(
      names = "--budget",
      paramLabel = "USD",
      description = "Dollars after which it destroys itself.")
  private @Nullable Double budget;

  @Option(names = "--gpu", paramLabel = "NAME", description = "GPU, _ for a blank: H100_SXM.")
  private @Nullable String gpu;

  @Option(
      names = "--gpu-ram",
      paramLabel = "GB",
      description = "Least memory of the GPU. Default: the weights' size and a quarter.")
  private @Nullable Double gpuMemory;

  @Option(
      names = "--region",
      split = ",",
      paramLabel = "CODE",
      description = "Country codes: SE,NO. Default: anywhere.")
  private List<String> regions = new ArrayList<>();

  @Option(
      names = "--interruptible",
      description = "Cheaper, but others can outbid you at any time.")
  private boolean interruptible;

  @Option(
      names = "--weights-gb",
      paramLabel = "GB",
      description = "Size of the model's files. Default: known for Liquid AI's models.")
  private @Nullable Double weights;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask before renting.")
  private boolean yes;

  @Mixin private SoftwareOptions software = new SoftwareOptions();

  UpCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    Wish wish = wish();
    VastClient client = client();
    OfferFinder finder = new OfferFinder(client);
    List<Candidate> candidates = finder.find(wish);
    print(wish, candidates);
    if (dryRun) {
      return 0;
    }
    Renter renter =
        new Renter(
            client,
            session().transport(),
            session().surroundings().timing(),
            session().store(),
            session().guard(),
            new SecureRandom());
    renter.requireCredit(candidates.getFirst());
    software.requireArchive();
    Consent consent = new Consent(candidates.getFirst().total(), this::again);
    Duration asked = session().surroundings().timing().uptime();
    confirm("Rent this for about %s in total?", candidates.getFirst());
    if (session().surroundings().timing().uptime().minus(asked).compareTo(OFFERS_LAST) > 0) {
      candidates = finder.find(wish); // What was agreed to stays: dearer offers are asked about.
    }
    return rent(renter, wish, candidates, consent);
  }

  private int rent(Renter renter, Wish wish, List<Candidate> candidates, Consent consent) {
    Rental rental;
    try (Interruption interruption = Interruption.ofThisThread(err(), this::remaining)) {
      try {
        rental =
            renter.rent(
                wish,
                candidates,
                consent,
                session().user(),
                new ProgressLines(err(), session().raw()));
      } catch (VastException e) {
        return interruption.status(explain(e));
      } catch (InterruptedException e) {
        err().println("lfm vast: interrupted; what was rented is destroyed, and Vast confirms it.");
        err().flush();
        return interruption.status(Exit.INTERRUPTED);
      }
    }
    new RentalReport(rental).print(out(), session().raw());
    return 0;
  }

  /** What this process has rented and not ended yet. */
  private String remaining() {
    long self = ProcessHandle.current().pid();
    return session()
        .remaining(rental -> rental.client() == self && rental.phase() != Rental.Phase.READY);
  }

  /** A dearer offer than the one agreed to: {@code --max-total} agrees to whatever it allows. */
  private boolean again(Candidate dearer) {
    if (yes) {
      return maxTotal != null;
    }
    return asks(
        "The cheaper offers are gone. Rent %s at %s an hour, about %%s in total?"
            .formatted(dearer.offer().gpuName(), Money.dollars(dearer.dollarsPerHour())),
        dearer);
  }

  private Wish wish() {
    double gigabytes = weights();
    double memory = gpuMemory == null ? Math.max(GPU_LEAST, gigabytes / GPU_SHARE) : gpuMemory;
    return new Wish(
        model,
        gigabytes,
        memory,
        Optional.ofNullable(gpu).map(name -> name.replace('_', ' ')),
        regions,
        interruptible,
        hours,
        idleMinutes,
        new Wish.Caps(
            dollars("--max-price", maxPrice),
            dollars("--max-total", maxTotal),
            dollars("--budget", budget)),
        software.software(session().surroundings(), session().url().toString()));
  }

  private double weights() {
    if (weights != null) {
      return weights;
    }
    OptionalDouble known = ModelSize.gigabytes(model);
    return known.orElseThrow(() ->
        new VastException(
            VastException.Kind.INVALID,
            "How large is %s? Its disk, GPU and price depend on it: give the size of its files with --weights-gb."
                .formatted(model)));
  }

  private static OptionalDouble dollars(String name, @Nullable Double amount) {
    if (amount == null) {
      return OptionalDouble.empty();
    }
    if (!(amount > 0)) {
      throw new VastException(VastException.Kind.INVALID, name + " must be above 0.");
    }
    return OptionalDouble.of(amount);
  }

  private void confirm(String question, Candidate best) {
    if (!yes && !asks(question, best)) {
      throw new VastException(
          VastException.Kind.INVALID, "Nothing was rented. Answer y, or give -y.");
    }
  }

  private boolean asks(String question, Candidate candidate) {
    err().print(question.formatted(Money.dollars(candidate.total())) + " [y/N] ");
    err().flush();
    return session().ask().matches("(?i)y|yes");
  }

  private void print(Wish wish, List<Candidate> candidates) {
    if (session().raw()) {
      if (dryRun) {
        out().println(json(candidates).toPrettyString());
      }
      return;
    }
    Table table =
        new Table(
            "offer", "GPU", "GB", "$/h", "traffic", "weights in", "total", "reliable", "where");
    for (Candidate candidate : candidates.subList(0, Math.min(LISTED, candidates.size()))) {
      table.add(
          Long.toString(candidate.offer().id()),
          candidate.offer().gpuName(),
          "%.0f".formatted(candidate.offer().gpuMemory() / MEGABYTES_A_GIGABYTE),
          Money.dollars(candidate.dollarsPerHour()),
          Money.dollars(candidate.trafficDollars()),
          "%d:%02d min"
              .formatted(candidate.download().toMinutes(), candidate.download().toSecondsPart()),
          Money.dollars(candidate.total()),
          "%.1f%%".formatted(candidate.offer().reliability() * PERCENT),
          candidate.offer().location());
    }
    out().println(table);
    out()
        .println(
            "%d offers fit. The first costs about %s for %s hours of %s: GPU, %.0f GB of disk, %.1f GB of traffic."
                .formatted(
                    candidates.size(),
                    Money.dollars(candidates.getFirst().total()),
                    hours == Math.rint(hours) ? "%.0f".formatted(hours) : Double.toString(hours),
                    model,
                    wish.disk(),
                    wish.weightsGigabytes() + wish.software().imageGigabytes()));
    out().flush();
  }

  private static ArrayNode json(List<Candidate> candidates) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    for (Candidate candidate : candidates) {
      Map<String, Double> numbers = new LinkedHashMap<>();
      numbers.put("dollars_per_hour", candidate.dollarsPerHour());
      numbers.put("traffic_dollars", candidate.trafficDollars());
      numbers.put("total_dollars", candidate.total());
      ObjectNode json = list.addObject().put("offer", candidate.offer().id());
      json.put("gpu", candidate.offer().gpuName());
      json.put("where", candidate.offer().location());
      numbers.forEach(json::put);
    }
    return list;
  }
}
