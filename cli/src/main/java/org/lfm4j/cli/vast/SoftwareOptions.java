package org.lfm4j.cli.vast;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Wish;
import picocli.CommandLine.Option;

/** What runs on a rented machine. */
final class SoftwareOptions {
  private static final String URL = "LFM_DIST_URL";
  private static final String SHA256 = "LFM_DIST_SHA256";

  @Option(
      names = "--dist-url",
      paramLabel = "URL",
      description = "Where the instance gets lfm4j: what dist/build made. Default: LFM_DIST_URL.")
  private @Nullable String archive;

  @Option(
      names = "--dist-sha256",
      paramLabel = "HEX",
      description = "Checksum of that file. Default: LFM_DIST_SHA256.")
  private @Nullable String sha256;

  @Option(
      names = "--image",
      paramLabel = "IMAGE",
      defaultValue = "nvidia/cuda:12.8.1-runtime-ubuntu24.04",
      description =
          "Image with a CUDA 12 runtime; one with lfm4j at /opt/lfm4j needs no --dist-url. Default: ${DEFAULT-VALUE}.")
  private String image = "";

  @Option(
      names = "--image-gb",
      paramLabel = "GB",
      defaultValue = "3",
      description = "What the image's download comes to. Default: 3.")
  private double imageGigabytes = 3;

  @Option(
      names = "--serve-args",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Further options for lfm serve there, as one text.")
  private String serveArguments = "";

  @Option(
      names = "--env",
      paramLabel = "NAME[=VALUE]",
      description = "A variable for the instance, as HF_TOKEN; its host can read it.")
  private List<String> variables = List.of();

  private boolean archiveGiven;

  /** Returns what these options describe. */
  Wish.Software software(Surroundings surroundings, String vastUrl) {
    String url = archive == null ? surroundings.variable(URL) : archive;
    archiveGiven = !url.isEmpty();
    Map<String, String> environment = new HashMap<>();
    for (String variable : variables) {
      int equals = variable.indexOf('=');
      environment.put(
          equals < 0 ? variable : variable.substring(0, equals),
          equals < 0 ? surroundings.variable(variable) : variable.substring(equals + 1));
    }
    return new Wish.Software(
        image,
        imageGigabytes,
        url,
        sha256 == null ? surroundings.variable(SHA256) : sha256,
        serveArguments,
        environment,
        vastUrl);
  }

  /** Refuses to rent a machine that would find no lfm4j. */
  void requireArchive() {
    if (!archiveGiven && image.startsWith("nvidia/")) {
      throw new VastException(
          VastException.Kind.INVALID,
          "Where does the instance get lfm4j? Run dist/build, put the archive where the instance can fetch it, and give --dist-url and --dist-sha256 (or LFM_DIST_URL and LFM_DIST_SHA256); or give an --image that has it.");
    }
  }
}
