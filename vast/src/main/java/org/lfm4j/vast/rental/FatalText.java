package org.lfm4j.vast.rental;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** What hosts say when waiting is pointless. */
final class FatalText {
  /** The image's fault: no other host can load it either. */
  private static final List<String> IMAGE =
      List.of(
          "manifest unknown",
          "manifest for",
          "pull access denied",
          "unauthorized",
          "repository does not exist",
          "requested access to the resource is denied",
          "invalid reference format");

  /** The host's fault. */
  private static final List<String> HOST =
      List.of(
          "oci runtime",
          "failed to inject cdi devices",
          "error response from daemon",
          "no space left on device",
          "nvidia-container-cli",
          "unable to start container",
          "failed to create task",
          "permission denied");

  private FatalText() {}

  /** Returns why a start can't succeed, if this message says so. */
  static Optional<StartFailure> in(String message) {
    String text = message.toLowerCase(Locale.ROOT);
    if (IMAGE.stream().anyMatch(text::contains)) {
      return Optional.of(
          new StartFailure(
              "the image can't be loaded (%s): check --image".formatted(message), true));
    }
    if (HOST.stream().anyMatch(text::contains)) {
      return Optional.of(new StartFailure("the host can't run it (%s)".formatted(message), false));
    }
    return Optional.empty();
  }
}
