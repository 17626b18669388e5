package org.lfm4j.vast.rental;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.lfm4j.vast.VastException;

/**
 * What is to be rented, and what for.
 *
 * @param model what {@code lfm serve} gets as its model, or {@link ModelSize#DEMO}
 * @param weightsGigabytes size of the model's files
 * @param gpuGigabytes least memory of the GPU
 * @param gpu name of the GPU; empty takes any that is large enough
 * @param regions country codes; none takes any
 * @param interruptible whether others may outbid the rental
 * @param hours planned length; the instance destroys itself at its end
 * @param idleMinutes minutes without a request after which it destroys itself; 0 for never
 * @param caps what it may cost
 * @param software what runs
 */
public record Wish(
    String model,
    double weightsGigabytes,
    double gpuGigabytes,
    Optional<String> gpu,
    List<String> regions,
    boolean interruptible,
    double hours,
    double idleMinutes,
    Caps caps,
    Software software) {
  private static final double LONGEST_HOURS = 24 * 30;
  private static final double SPARE_GIGABYTES = 10;

  /** Weights on a disk, with what lies around them, against their own size. */
  private static final double WEIGHTS_ON_DISK = 1.1;

  /** An image unpacked, beside its download, against the download. */
  private static final double IMAGE_ON_DISK = 3;

  private static final double MOST_WEIGHTS_GIGABYTES = 10_000;

  /** Less is not worth a start, unless less was asked for. */
  static final double SHORTEST_USE_HOURS = 0.25;

  private static final double MILLIS_AN_HOUR = 3_600_000;

  /** Refuses what makes no sense. */
  public Wish {
    regions = List.copyOf(regions);
    require(hours > 0 && hours <= LONGEST_HOURS, "--hours must be above 0 and at most 720");
    require(idleMinutes >= 0, "--idle-minutes must be at least 0");
    require(
        weightsGigabytes > 0 && weightsGigabytes < MOST_WEIGHTS_GIGABYTES,
        "--weights-gb must be above 0");
  }

  /**
   * What a rental may cost, in dollars.
   *
   * @param hour most for an hour
   * @param total most that the whole may be estimated to cost
   * @param budget after which it destroys itself
   */
  public record Caps(OptionalDouble hour, OptionalDouble total, OptionalDouble budget) {
    /** No limits. */
    public static final Caps NONE =
        new Caps(OptionalDouble.empty(), OptionalDouble.empty(), OptionalDouble.empty());
  }

  /**
   * What runs on the instance.
   *
   * @param image docker image with a CUDA runtime
   * @param imageGigabytes its size as it is downloaded
   * @param archive address of the lfm4j distribution
   * @param sha256 checksum of that file, in hexadecimal
   * @param serveArguments further arguments of {@code lfm serve}
   * @param environment further variables, as HF_TOKEN
   * @param vastUrl where the instance finds the service when it ends itself
   */
  public record Software(
      String image,
      double imageGigabytes,
      String archive,
      String sha256,
      String serveArguments,
      Map<String, String> environment,
      String vastUrl) {
    /** Refuses what can't be checked. */
    public Software {
      environment = Map.copyOf(environment);
      require(
          archive.isEmpty() || sha256.matches("[0-9a-f]{64}"),
          "The distribution's SHA-256 has 64 hexadecimal digits: give the one that dist/build printed with --dist-sha256");
    }
  }

  /** Returns the GB of disk to rent: the model, the image unpacked, and room. */
  public double disk() {
    return Math.ceil(
        weightsGigabytes * WEIGHTS_ON_DISK
            + software.imageGigabytes * IMAGE_ON_DISK
            + SPARE_GIGABYTES);
  }

  /**
   * Returns what is left of the wish once others have cost something in vain; nothing if that is
   * too little to be of use.
   *
   * @param dollars spent so far
   * @param billed how long there were instances so far
   */
  Optional<Wish> after(double dollars, Duration billed) {
    double left = hours - billed.toMillis() / MILLIS_AN_HOUR;
    Caps capsLeft = new Caps(caps.hour, less(caps.total, dollars), less(caps.budget, dollars));
    boolean enough =
        left >= Math.min(hours, SHORTEST_USE_HOURS)
            && capsLeft.total.orElse(1) > 0
            && capsLeft.budget.orElse(1) > 0;
    return enough
        ? Optional.of(
            new Wish(
                model,
                weightsGigabytes,
                gpuGigabytes,
                gpu,
                regions,
                interruptible,
                left,
                idleMinutes,
                capsLeft,
                software))
        : Optional.empty();
  }

  private static OptionalDouble less(OptionalDouble cap, double dollars) {
    return cap.isPresent() ? OptionalDouble.of(cap.getAsDouble() - dollars) : cap;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new VastException(VastException.Kind.INVALID, message + ".");
    }
  }
}
