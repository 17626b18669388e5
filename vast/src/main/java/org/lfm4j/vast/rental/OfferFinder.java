package org.lfm4j.vast.rental;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.lfm4j.vast.Offer;
import org.lfm4j.vast.OfferSearch;
import org.lfm4j.vast.Query;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.VastException;

/** Finds offers that fit, cheapest in total first. */
public final class OfferFinder {
  private static final int LIMIT = 1000;
  private static final double SECONDS_AN_HOUR = 3600;
  private static final double HOURS_A_DAY = 24;

  /** A budget that pays for so much of the shortest use is enough. */
  private static final double NEARLY = 0.9;

  /**
   * What a host must have besides memory and disk: ports, CUDA 12.8, an Ampere GPU, a fast line.
   */
  private static final String HOST =
      "num_gpus=1 direct_port_count>=2 cuda_vers>=12.8 compute_cap>=800 inet_down>=200"
          + " reliability>=0.95 cpu_ram>=16";

  private final VastClient client;

  /** Searches through a client. */
  public OfferFinder(VastClient client) {
    this.client = client;
  }

  /**
   * Returns what fits, best first; at least one.
   *
   * @throws VastException if nothing fits, or all of it costs too much
   */
  public List<Candidate> find(Wish wish) throws InterruptedException {
    OfferSearch search =
        new OfferSearch(
            Query.parse(OfferSearch.DEFAULT_QUERY, query(wish)),
            "dph",
            wish.interruptible() ? "bid" : "on-demand",
            OptionalInt.of(LIMIT),
            wish.disk());
    List<Offer> offers = client.search(search);
    List<Candidate> fitting =
        offers.stream()
            .map(offer -> Candidate.of(offer, wish))
            .filter(candidate -> affordable(candidate, wish))
            .sorted(
                Comparator.comparingDouble(Candidate::total)
                    .thenComparingLong(candidate -> candidate.offer().id()))
            .toList();
    if (fitting.isEmpty()) {
      throw nothing(offers.size(), wish);
    }
    return fitting;
  }

  /** Returns the conditions, in the words of search offers. */
  static String query(Wish wish) {
    StringBuilder query =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "%s gpu_ram>=%.3f disk_space>=%.0f duration>=%.4f",
                HOST,
                wish.gpuGigabytes(),
                wish.disk(),
                wish.hours() / HOURS_A_DAY));
    wish.gpu().ifPresent(name -> query.append(" gpu_name=\"").append(name).append('"'));
    if (!wish.regions().isEmpty()) {
      query.append(" geolocation in [").append(String.join(",", wish.regions())).append(']');
    }
    return query.toString();
  }

  /** Returns whether an offer keeps within all limits, and is of use within them. */
  static boolean affordable(Candidate candidate, Wish wish) {
    Wish.Caps caps = wish.caps();
    return candidate.dollarsPerHour() <= caps.hour().orElse(Double.MAX_VALUE)
        && candidate.total() <= caps.total().orElse(Double.MAX_VALUE)
        && candidate.allowed(wish).toSeconds()
            >= candidate.download().toSeconds()
                + Math.min(wish.hours(), Wish.SHORTEST_USE_HOURS) * SECONDS_AN_HOUR * NEARLY;
  }

  private static VastException nothing(int offers, Wish wish) {
    return new VastException(
        VastException.Kind.NO_OFFER,
        offers == 0
            ? "No offer fits (%s). Try later, another --gpu, more --region, or fewer --hours."
                .formatted(query(wish))
            : "%d offers fit, but all cost more than --max-price, --max-total or --budget allow. Raise them, or plan fewer --hours."
                .formatted(offers));
  }
}
