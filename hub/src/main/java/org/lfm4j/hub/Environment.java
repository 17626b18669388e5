package org.lfm4j.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the variables of Python's {@code huggingface_hub}; an empty one counts as absent. */
final class Environment {
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:(\\w+)|\\{(\\w+)\\})");
  private static final Duration HEADER_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration STALL_TIMEOUT = Duration.ofSeconds(30);

  private final Map<String, String> variables;
  private final Path home;

  Environment(Map<String, String> variables, Path home) {
    this.variables = variables;
    this.home = home;
  }

  HubSettings settings() {
    Path hfHome = path("HF_HOME").orElseGet(() -> cacheHome().resolve("huggingface"));
    return new HubSettings(
        endpoint(),
        path("HF_HUB_CACHE")
            .or(() -> path("HUGGINGFACE_HUB_CACHE"))
            .orElseGet(() -> hfHome.resolve("hub"))
            .toAbsolutePath(),
        token(hfHome),
        isTrue(text("HF_HUB_OFFLINE").isPresent() ? "HF_HUB_OFFLINE" : "TRANSFORMERS_OFFLINE"),
        !isTrue("HF_HUB_DISABLE_SYMLINKS"),
        !isTrue("HF_HUB_DISABLE_PROGRESS_BARS"),
        seconds("HF_HUB_ETAG_TIMEOUT").orElse(HEADER_TIMEOUT),
        seconds("HF_HUB_DOWNLOAD_TIMEOUT").orElse(STALL_TIMEOUT),
        HubSettings.CONNECTIONS);
  }

  private Path cacheHome() {
    return path("XDG_CACHE_HOME").orElseGet(() -> home.resolve(".cache"));
  }

  private URI endpoint() {
    String text = text("HF_ENDPOINT").orElse(HubSettings.HUB.toString());
    return parse(text.strip().replaceAll("/+$", ""))
        .filter(uri -> uri.getHost() != null && Set.of("http", "https").contains(uri.getScheme()))
        .orElseThrow(() ->
            new HubException(
                "HF_ENDPOINT is no address: '%s'; write it like %s, or unset it."
                    .formatted(text, HubSettings.HUB)));
  }

  private static Optional<URI> parse(String text) {
    try {
      return Optional.of(new URI(text));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }

  private Optional<Token> token(Path hfHome) {
    if (isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
      return Optional.empty();
    }
    return tokenVariable("HF_TOKEN")
        .or(() -> tokenVariable("HUGGING_FACE_HUB_TOKEN"))
        .or(() -> tokenFile(path("HF_TOKEN_PATH").orElseGet(() -> hfHome.resolve("token"))));
  }

  private Optional<Token> tokenVariable(String name) {
    return text(name).flatMap(value -> Token.of(value, name));
  }

  private static Optional<Token> tokenFile(Path file) {
    try {
      return Token.of(Files.readString(file), file.toString());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new HubException(
          "Can't read the token in %s: %s. Make it readable, or set HF_TOKEN.".formatted(file, e),
          e);
    }
  }

  private Optional<String> text(String name) {
    return Optional.ofNullable(variables.get(name)).filter(value -> !value.isBlank());
  }

  private boolean isTrue(String name) {
    return text(name).filter(value -> TRUE.contains(value.toUpperCase(Locale.ROOT))).isPresent();
  }

  private Optional<Duration> seconds(String name) {
    return text(name)
        .map(value -> {
          try {
            int seconds = Integer.parseInt(value.strip());
            if (seconds > 0) {
              return Duration.ofSeconds(seconds);
            }
          } catch (NumberFormatException e) {
            throw new HubException(
                "%s must be a number of seconds, got '%s'.".formatted(name, value), e);
          }
          throw new HubException("%s must be at least 1 second, got '%s'.".formatted(name, value));
        });
  }

  /** As in a shell: ~ at the start, and $NAME or ${NAME} of variables that are set. */
  private Optional<Path> path(String name) {
    return text(name)
        .map(value -> {
          Matcher matcher = VARIABLE.matcher(value);
          String expanded =
              matcher.replaceAll(match -> {
                String variable = match.group(1) == null ? match.group(2) : match.group(1);
                return Matcher.quoteReplacement(variables.getOrDefault(variable, match.group()));
              });
          if (expanded.equals("~")) {
            return home;
          }
          return expanded.startsWith("~/")
              ? home.resolve(expanded.substring(2))
              : Path.of(expanded);
        });
  }
}
