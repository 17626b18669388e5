package org.lfm4j.vast;

import java.util.Map;
import java.util.Set;

/** What Vast's own command knows of the fields of an offer. */
final class OfferField {
  private static final Map<String, String> ALIASES =
      Map.of(
          "cuda_vers", "cuda_max_good",
          "dph", "dph_total",
          "dlperf_usd", "dlperf_per_dphtotal",
          "flops_usd", "flops_per_dphtotal",
          "display_active", "gpu_display_active");

  /** Users write gigabytes and days, the service compares megabytes and seconds. */
  private static final Map<String, Double> MULTIPLIERS =
      Map.of(
          "gpu_ram", 1000.0,
          "gpu_total_ram", 1000.0,
          "cpu_ram", 1000.0,
          "duration", 86_400.0);

  private static final Set<String> KNOWN =
      Set.of(
          ("bw_nvlink compute_cap cpu_arch cpu_cores cpu_cores_effective cpu_ghz cpu_ram"
                  + " cuda_max_good datacenter direct_port_count driver_version disk_bw disk_space"
                  + " dlperf dlperf_per_dphtotal dph_total duration external flops_per_dphtotal"
                  + " gpu_arch gpu_display_active gpu_frac gpu_mem_bw gpu_name gpu_ram"
                  + " gpu_total_ram gpu_max_power gpu_max_temp has_avx host_id id inet_down"
                  + " inet_down_cost inet_up inet_up_cost machine_id min_bid mobo_name num_gpus"
                  + " pci_gen pcie_bw reliability reliability2 rentable rented storage_cost"
                  + " static_ip total_flops ubuntu_version os_version verification verified"
                  + " vms_enabled geolocation cluster_id")
              .split(" "));

  private OfferField() {}

  /** Returns the service's name of a field. */
  static String resolve(String name) {
    return ALIASES.getOrDefault(name, name);
  }

  /** Returns whether the service is known to have this field. */
  static boolean known(String resolved) {
    return KNOWN.contains(resolved);
  }

  /** Returns what a number is multiplied by; 1 leaves values as they are written. */
  static double multiplier(String resolved) {
    return MULTIPLIERS.getOrDefault(resolved, 1.0);
  }
}
