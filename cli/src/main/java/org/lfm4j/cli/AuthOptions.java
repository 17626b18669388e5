package org.lfm4j.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.lfm4j.server.auth.KeyLimits;
import org.lfm4j.server.auth.KeyRing;
import picocli.CommandLine.Option;

/** Who may ask. */
@Section("Access")
final class AuthOptions {
  private static final List<String> ENVIRONMENT = List.of("LFM_API_KEY", "VLLM_API_KEY");

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      arity = "1..*",
      description =
          "Keys that clients must send one of; several are possible. Other users of this machine can see them here: prefer a variable or --api-key-file, whose keys come in addition. Default: that of LFM_API_KEY, or else VLLM_API_KEY, or none.")
  private List<String> keys = List.of();

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description =
          "File of keys, one a line, read again when it changes; several are possible. After a key may come name=NAME requests-per-minute=N tokens-per-minute=N.")
  private List<Path> files = List.of();

  @Option(
      names = "--api-key-requests-per-minute",
      paramLabel = "N",
      defaultValue = "0",
      description = "Most requests of each key; further ones get status 429. Default: 0, no limit.")
  private int requestsPerMinute;

  @Option(
      names = "--api-key-tokens-per-minute",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Most tokens of each key, prompts and answers together; then requests get status 429. Default: 0, no limit.")
  private int tokensPerMinute;

  @Option(
      names = "--metrics-without-key",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      description = "Let everybody read /metrics where other paths need a key.")
  private boolean metricsOpen;

  /**
   * Returns the keys of the command line, or else of the first variable that is set, and those of
   * files besides.
   *
   * @throws org.lfm4j.server.auth.AuthException if one can't be used
   */
  KeyRing keyRing(Map<String, String> environment) {
    List<String> given = keys;
    if (given.isEmpty()) {
      given =
          ENVIRONMENT.stream()
              .flatMap(name -> Stream.ofNullable(environment.get(name)))
              .filter(key -> !key.isBlank())
              .limit(1)
              .toList();
    }
    return KeyRing.of(given, files, new KeyLimits(requestsPerMinute, tokensPerMinute));
  }

  boolean metricsOpen() {
    return metricsOpen;
  }
}
