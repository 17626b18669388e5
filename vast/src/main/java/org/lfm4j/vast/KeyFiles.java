package org.lfm4j.vast;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where keys are kept: the files of Vast's own command, so that both share a login. A session key
 * of a two-factor login comes before the lasting one.
 */
public final class KeyFiles {
  private static final String VARIABLE = "VAST_API_KEY";

  private final Map<String, String> environment;
  private final Path home;

  /** Looks at these variables and under this home directory. */
  public KeyFiles(Map<String, String> environment, Path home) {
    this.environment = Map.copyOf(environment);
    this.home = home;
  }

  /**
   * Returns the keys to try, best first.
   *
   * @param flag what was given on the command line
   * @throws VastException if there is none
   */
  public List<ApiKey> find(Optional<String> flag) {
    if (flag.isPresent()) {
      return List.of(ApiKey.of(flag.get().strip(), "--api-key"));
    }
    String variable = environment.getOrDefault(VARIABLE, "").strip();
    if (!variable.isEmpty()) {
      return List.of(ApiKey.of(variable, VARIABLE));
    }
    List<ApiKey> keys = new ArrayList<>();
    Path session = directory().resolve("vast_tfa_key");
    read(session).ifPresent(key -> keys.add(new ApiKey(key, name(session), Optional.of(session))));
    read(file()).or(() -> read(oldFile())).ifPresent(key -> keys.add(ApiKey.of(key, name(file()))));
    if (keys.isEmpty()) {
      throw new VastException(
          VastException.Kind.AUTH,
          "There is no Vast key: make one at https://cloud.vast.ai/manage-keys/ and store it with lfm vast set api-key KEY, or set VAST_API_KEY.");
    }
    return keys;
  }

  /**
   * Stores a key so that only its owner can read it, and removes the file of older versions.
   *
   * @return the file written
   */
  public Path save(String key) {
    Path file = file();
    try {
      PrivateFiles.write(file, key);
      Files.deleteIfExists(oldFile());
    } catch (IOException e) {
      throw new UncheckedIOException("Can't store the key in " + file, e);
    }
    return file;
  }

  private Path directory() {
    String config = environment.getOrDefault("XDG_CONFIG_HOME", "");
    return (config.isEmpty() ? home.resolve(".config") : Path.of(config)).resolve("vastai");
  }

  private Path file() {
    return directory().resolve("vast_api_key");
  }

  private Path oldFile() {
    return home.resolve(".vast_api_key");
  }

  private String name(Path file) {
    return file.startsWith(home) ? "~/" + home.relativize(file) : file.toString();
  }

  private static Optional<String> read(Path file) {
    try {
      return Files.exists(file)
          ? Optional.of(Files.readString(file).strip()).filter(key -> !key.isEmpty())
          : Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("Can't read the key file " + file, e);
    }
  }
}
