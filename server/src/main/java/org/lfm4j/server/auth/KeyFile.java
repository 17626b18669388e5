package org.lfm4j.server.auth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a file of API keys: one a line, then optionally {@code name=}, {@code requests-per-minute=}
 * and {@code tokens-per-minute=}; empty lines and lines that begin with {@code #} are skipped.
 */
final class KeyFile {
  private KeyFile() {}

  /** How a file looked; another look means other contents. */
  record Look(Optional<String> attributes) {
    static Look at(Path file) {
      try {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        return new Look(
            Optional.of(
                "%s %d %s"
                    .formatted(
                        attributes.lastModifiedTime(), attributes.size(), attributes.fileKey())));
      } catch (IOException e) {
        return new Look(Optional.empty());
      }
    }
  }

  /**
   * Reads a file.
   *
   * @param defaults limits of keys without their own
   * @throws AuthException if it can't be read or a line is wrong; keys are not shown
   */
  static List<Tenant> read(Path file, KeyLimits defaults) {
    List<String> lines;
    try {
      lines = Files.readAllLines(file);
    } catch (IOException e) {
      throw new AuthException(
          "Can't read the API keys in %s: %s. Check --api-key-file.".formatted(file, e), e);
    }
    List<Tenant> tenants = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        tenants.add(tenant(line.split("\\s+"), defaults, "%s line %d".formatted(file, i + 1)));
      }
    }
    return tenants;
  }

  private static Tenant tenant(String[] words, KeyLimits defaults, String place) {
    KeyDigest digest = KeyDigest.of(words[0]);
    String name = KeyRing.nameOf(digest);
    int requests = defaults.requestsPerMinute();
    int tokens = defaults.tokensPerMinute();
    for (int i = 1; i < words.length; i++) {
      String[] setting = words[i].split("=", 2);
      String value = setting.length == 2 ? setting[1] : "";
      switch (setting[0]) {
        case "name" -> name = name(value, place);
        case "requests-per-minute" -> requests = number(value, words[i], place);
        case "tokens-per-minute" -> tokens = number(value, words[i], place);
        default ->
            throw new AuthException(
                "%s: after the key may come name=, requests-per-minute= and tokens-per-minute=, nothing else."
                    .formatted(place));
      }
    }
    return new Tenant(name, digest, new KeyLimits(requests, tokens));
  }

  private static String name(String value, String place) {
    if (!value.matches("[\\w.@-]{1,64}")) {
      throw new AuthException(
          "%s: a name has 1 to 64 letters, digits or .@_-, got \"%s\".".formatted(place, value));
    }
    return value;
  }

  private static int number(String value, String setting, String place) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw new AuthException("%s: %s is not a number.".formatted(place, setting), e);
    }
  }
}
