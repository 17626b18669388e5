package org.lfm4j.cli.vast;

import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** {@code lfm vast} itself: options that every command under it takes, before or after its name. */
@Command(
    name = "lfm vast",
    mixinStandardHelpOptions = true,
    description = "Rents a GPU on Vast.ai, serves a model there, ends the rental.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done",
      " 1:a fault",
      " 2:the command or its input makes no sense",
      " 3:no key, or Vast refuses it",
      " 4:no offer fits, or it is gone",
      " 5:the credit or the budget does not suffice",
      " 6:no host brought the server up; nothing of it is left",
      " 7:an instance may still be there, and be billed: look with lfm vast show instances",
      " 8:there is no such instance",
      " 9:Vast can't be reached, or fails",
      "130:interrupted"
    },
    footer = {
      "",
      "lfm vast up LiquidAI/LFM2-24B-A2B rents, serves and says how to call it;",
      "lfm vast down ends it. Only what is destroyed costs nothing: a stopped",
      "instance still pays for its disk."
    })
final class ServiceOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      scope = ScopeType.INHERIT,
      description = "The service. Default: VAST_URL, then https://console.vast.ai.")
  private @Nullable String url;

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      scope = ScopeType.INHERIT,
      description =
          "The account's key. Default: VAST_API_KEY, then ~/.config/vastai, as lfm vast set api-key stores it.")
  private @Nullable String apiKey;

  @Option(
      names = {"--raw", "--json"},
      scope = ScopeType.INHERIT,
      description = "Print JSON for programs.")
  private boolean raw;

  /** Returns where the service is. */
  URI url(Surroundings surroundings) {
    String given = url == null ? surroundings.variable("VAST_URL") : url;
    if (given.isEmpty()) {
      return URI.create("https://console.vast.ai");
    }
    try {
      URI uri = URI.create(given);
      if (uri.getHost() != null) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      // Said below.
    }
    throw new VastException(
        VastException.Kind.INVALID,
        "'%s' is no address: give one like https://console.vast.ai with --url or VAST_URL."
            .formatted(given));
  }

  Optional<String> apiKey() {
    return Optional.ofNullable(apiKey);
  }

  boolean raw() {
    return raw;
  }
}
