package org.lfm4j.vast.rental;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfm4j.vast.PrivateFiles;
import org.lfm4j.vast.VastException;
import tools.jackson.core.JacksonException;

/** Our rentals, a file each, readable by their owner only. */
public final class RentalStore {
  private static final String SUFFIX = ".json";

  private final Path directory;

  /** Keeps rentals in a directory, which is made when needed. */
  public RentalStore(Path directory) {
    this.directory = directory;
  }

  /** Returns the usual directory. */
  public static Path directory(Map<String, String> environment, Path home) {
    String state = environment.getOrDefault("XDG_STATE_HOME", "");
    Path base = state.isEmpty() ? home.resolve(".local/state") : Path.of(state);
    return base.resolve("lfm4j").resolve("vast");
  }

  /** Writes a rental; once this returns, it survives a crash. */
  public void save(Rental rental) {
    try {
      PrivateFiles.write(file(rental.label()), rental.toJson());
    } catch (IOException e) {
      throw new UncheckedIOException("Can't keep the rental's state in " + directory, e);
    }
  }

  /** Forgets a rental. */
  public void remove(String label) {
    try {
      Files.deleteIfExists(file(label));
    } catch (IOException e) {
      throw new UncheckedIOException("Can't remove the rental's state in " + directory, e);
    }
  }

  /** Returns a rental by its label. */
  public Optional<Rental> find(String label) {
    return all().stream().filter(rental -> rental.label().equals(label)).findFirst();
  }

  /** Returns all rentals, oldest first. */
  public List<Rental> all() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<Rental> rentals = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
        rentals.add(read(file));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Can't read the rentals in " + directory, e);
    }
    rentals.sort(Comparator.comparing(Rental::began).thenComparing(Rental::label));
    return rentals;
  }

  private static Rental read(Path file) throws IOException {
    try {
      return Rental.fromJson(Files.readString(file));
    } catch (JacksonException | IllegalArgumentException | java.time.DateTimeException e) {
      throw new VastException(
          VastException.Kind.INVALID,
          "%s is damaged: see lfm vast show instances for what is rented, then remove the file."
              .formatted(file),
          e);
    }
  }

  /** Returns where the logs of a rental that failed are kept. */
  Path logFile(String label, long instance) {
    return directory.resolve("%s-%d.log".formatted(label, instance));
  }

  private Path file(String label) {
    return directory.resolve(label + SUFFIX);
  }
}
