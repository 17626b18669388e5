package org.lfm4j.vast.rental;

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

  /** Refuses what makes no sense. */
  public Wish {
    regions = List.copyOf(regions);
    require(hours > 0 && hours <= LONGEST_HOURS, "--hours must be above 0 and at most 720");
    require(idleMinutes >= 0, "--idle-minutes must be at least 0");
    require(weightsGigabytes > 0 && weightsGigabytes < 10_000, "--weights-gb must be above 0");
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
    return Math.ceil(weightsGigabytes * 1.1 + software.imageGigabytes * 3 + SPARE_GIGABYTES);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new VastException(VastException.Kind.INVALID, message + ".");
    }
  }
}
