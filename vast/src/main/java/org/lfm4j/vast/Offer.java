package org.lfm4j.vast;

import tools.jackson.databind.node.ObjectNode;

/**
 * A machine for rent.
 *
 * @param json all that the service says of it
 */
public record Offer(ObjectNode json) {
  private static final double HOURS_A_MONTH = 24 * 30;

  /** Returns the number that a create names. */
  public long id() {
    return json.path("id").asLong(0);
  }

  /** Returns the machine's number: several offers may be of one machine. */
  public long machineId() {
    return json.path("machine_id").asLong(0);
  }

  /** Returns the GPU's name, as in {@code H100 SXM}. */
  public String gpuName() {
    return json.path("gpu_name").asString("?");
  }

  /** Returns how many GPUs. */
  public int gpus() {
    return json.path("num_gpus").asInt(1);
  }

  /** Returns the memory of one GPU in MB. */
  public double gpuMemory() {
    return json.path("gpu_ram").asDouble(0);
  }

  /** Returns dollars an hour, with the disk that was searched for. */
  public double dollarsPerHour() {
    return json.path("dph_total").asDouble(0);
  }

  /** Returns dollars an hour of an interruptible rental below which nobody is served. */
  public double minimumBid() {
    return json.path("min_bid").asDouble(0);
  }

  /** Returns dollars an hour for a disk. */
  public double diskDollarsPerHour(double gigabytes) {
    return gigabytes * json.path("storage_cost").asDouble(0) / HOURS_A_MONTH;
  }

  /** Returns Mbit/s from the internet. */
  public double downMegabits() {
    return json.path("inet_down").asDouble(0);
  }

  /** Returns dollars a GB from the internet. */
  public double downDollarsPerGigabyte() {
    return json.path("inet_down_cost").asDouble(0);
  }

  /** Returns how long the machine stayed up so far, 0 to 1. */
  public double reliability() {
    return json.path("reliability").asDouble(json.path("reliability2").asDouble(0));
  }

  /** Returns the newest CUDA version that the driver takes. */
  public double cuda() {
    return json.path("cuda_max_good").asDouble(0);
  }

  /** Returns where it stands, as in {@code Sweden, SE}. */
  public String location() {
    return json.path("geolocation").asString("?");
  }
}
