package org.lfm4j.vast.rental;

import java.time.Duration;
import java.util.OptionalDouble;
import org.lfm4j.vast.Offer;

/**
 * An offer with what it would really cost.
 *
 * @param offer the offer
 * @param bid dollars an hour to bid; empty rents on demand
 * @param gpuDollarsPerHour billed while it runs
 * @param diskDollarsPerHour billed from its creation to its destruction
 * @param trafficDollars for the image and the weights, once
 * @param download how long the weights take
 * @param total dollars for the planned hours and the download, all together
 */
public record Candidate(
    Offer offer,
    OptionalDouble bid,
    double gpuDollarsPerHour,
    double diskDollarsPerHour,
    double trafficDollars,
    Duration download,
    double total) {
  private static final double OVERBID = 1.1;
  private static final double MEGABITS_A_GIGABYTE = 8000;
  private static final double SECONDS_AN_HOUR = 3600;

  /** Bids are in thousandths of a dollar. */
  private static final double BIDS_A_DOLLAR = 1000;

  private static final double LEAST_DOLLARS_AN_HOUR = 0.001;

  /** Computes what an offer, found with the right disk size, would cost. */
  static Candidate of(Offer offer, Wish wish) {
    double disk = offer.diskDollarsPerHour(wish.disk());
    OptionalDouble bid =
        wish.interruptible()
            ? OptionalDouble.of(
                Math.ceil(offer.minimumBid() * OVERBID * BIDS_A_DOLLAR) / BIDS_A_DOLLAR)
            : OptionalDouble.empty();
    double gpu = bid.orElse(offer.dollarsPerHour() - disk);
    double traffic =
        (wish.weightsGigabytes() + wish.software().imageGigabytes())
            * offer.downDollarsPerGigabyte();
    double seconds =
        wish.weightsGigabytes() * MEGABITS_A_GIGABYTE / Math.max(1, offer.downMegabits());
    double hours = wish.hours() + seconds / SECONDS_AN_HOUR;
    return new Candidate(
        offer,
        bid,
        Math.max(0, gpu),
        disk,
        traffic,
        Duration.ofSeconds(Math.round(seconds)),
        hours * (Math.max(0, gpu) + disk) + traffic);
  }

  /** Returns dollars an hour while it runs. */
  public double dollarsPerHour() {
    return gpuDollarsPerHour + diskDollarsPerHour;
  }

  /** Returns how long an instance may run so that neither hours nor budget are exceeded. */
  Duration allowed(Wish wish) {
    double hours = wish.hours() + download.toSeconds() / SECONDS_AN_HOUR;
    if (wish.caps().budget().isPresent()) {
      double left = wish.caps().budget().getAsDouble() - trafficDollars;
      hours = Math.min(hours, left / Math.max(LEAST_DOLLARS_AN_HOUR, dollarsPerHour()));
    }
    return Duration.ofSeconds(Math.max(0, Math.round(hours * SECONDS_AN_HOUR)));
  }
}
