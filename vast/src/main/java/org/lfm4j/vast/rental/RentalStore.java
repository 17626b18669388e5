package org.lfm4j.vast.rental;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.lfm4j.vast.PrivateFiles;
import org.lfm4j.vast.VastException;
import tools.jackson.core.JacksonException;

/**
 * Our rentals, a file each, readable by their owner only. An interrupt does not keep a file from
 * being written: Java closes the files of interrupted threads.
 */
public final class RentalStore {
  private static final String SUFFIX = ".json";
  private static final String CHANGES = ".changes";
  private static final String ENDING = ".ending";

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
    Unstoppable.run(() -> {
      write(rental);
      return rental;
    });
  }

  private void write(Rental rental) {
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
      removeLock(label);
    } catch (IOException e) {
      throw new UncheckedIOException("Can't remove the rental's state in " + directory, e);
    }
  }

  /**
   * Changes a rental as it is kept now, whoever wrote it last. Nobody else changes it meanwhile.
   *
   * @return the rental after the change, or nothing if it is not kept any more
   */
  public Optional<Rental> change(String label, UnaryOperator<Rental> change) {
    return Unstoppable.run(() -> {
      try (StoreLock _ = StoreLock.of(directory, CHANGES)) {
        Optional<Rental> changed = load(label).map(change);
        changed.ifPresent(this::write);
        return changed;
      }
    });
  }

  /** Lets one process at a time end what carries a label: waits until it is this one's turn. */
  StoreLock ending(String label) {
    return StoreLock.of(directory, "." + label + ENDING);
  }

  /** Removes the file of {@link #ending}; who waits for it holds it, and finds nothing to end. */
  void removeLock(String label) {
    try {
      Files.deleteIfExists(directory.resolve("." + label + ENDING));
    } catch (IOException e) {
      throw new UncheckedIOException("Can't remove the rental's lock in " + directory, e);
    }
  }

  /** Returns the rental with this label. */
  public Optional<Rental> load(String label) {
    try {
      return Files.exists(file(label)) ? Optional.of(read(file(label))) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty(); // Somebody ended it just now.
    } catch (IOException e) {
      throw new UncheckedIOException("Can't read the rental's state in " + directory, e);
    }
  }

  /**
   * Returns the rental that a user means by a name: its label, its instance's number, or the first
   * characters of its label or of the random part of it. Digits alone are a number: a number that
   * is not known here is never taken for the beginning of a label.
   *
   * @throws VastException of kind {@code INVALID} if several are meant
   */
  public Optional<Rental> find(String name) {
    List<Rental> all = all();
    boolean number = name.matches("\\d+");
    for (Rental rental : all) {
      boolean same =
          number
              ? rental.instance().isPresent()
                  && Long.toString(rental.instance().getAsLong()).equals(name)
              : rental.label().equals(name);
      if (same) {
        return Optional.of(rental);
      }
    }
    return number || name.isBlank()
        ? Optional.empty()
        : single(all.stream().filter(rental -> Label.begins(rental.label(), name)).toList(), name);
  }

  /**
   * Returns the only rental, or nothing if there is none.
   *
   * @throws VastException of kind {@code INVALID} if there are several
   */
  public Optional<Rental> only() {
    return single(all(), "");
  }

  private static Optional<Rental> single(List<Rental> rentals, String name) {
    if (rentals.size() > 1) {
      throw new VastException(
          VastException.Kind.INVALID,
          "%s: say which, %s."
              .formatted(
                  name.isEmpty()
                      ? "Several things are rented"
                      : "'%s' is the beginning of several labels".formatted(name),
                  String.join(" or ", rentals.stream().map(Rental::label).toList())));
    }
    return rentals.stream().findFirst();
  }

  /** Returns all rentals, oldest first. */
  public List<Rental> all() {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    List<Rental> rentals = new ArrayList<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.filter(path -> path.toString().endsWith(SUFFIX)).toList()) {
        try {
          rentals.add(read(file));
        } catch (NoSuchFileException e) {
          // Somebody ended it just now.
        }
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
