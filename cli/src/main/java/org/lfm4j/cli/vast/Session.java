package org.lfm4j.cli.vast;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.KeyFiles;
import org.lfm4j.vast.Transport;
import org.lfm4j.vast.VastClient;
import org.lfm4j.vast.rental.Ending;
import org.lfm4j.vast.rental.Guard;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;

/** What the commands of one call share: options, keys and the client. */
final class Session {
  private final ServiceOptions options;
  private final Surroundings surroundings;
  private @Nullable Transport transport;

  Session(ServiceOptions options, Surroundings surroundings) {
    this.options = options;
    this.surroundings = surroundings;
  }

  Surroundings surroundings() {
    return surroundings;
  }

  boolean raw() {
    return options.raw();
  }

  URI url() {
    return options.url(surroundings);
  }

  KeyFiles keys() {
    return new KeyFiles(surroundings.environment(), surroundings.home());
  }

  Transport transport() {
    if (transport == null) {
      transport = surroundings.transport().get();
    }
    return transport;
  }

  VastClient client() {
    return new VastClient(url(), keys().find(options.apiKey()), transport(), surroundings.timing());
  }

  RentalStore store() {
    return new RentalStore(RentalStore.directory(surroundings.environment(), surroundings.home()));
  }

  /** Returns whose labels are ours. */
  String user() {
    String name = surroundings.variable("USER");
    return name.isEmpty() ? System.getProperty("user.name", "user") : name;
  }

  /** Returns what watches over a rental that is not ready; its key travels in a variable. */
  Guard guard() {
    if (!surroundings.guarded()) {
      return Guard.NONE;
    }
    Map<String, String> environment = new HashMap<>();
    environment.put("VAST_URL", url().toString());
    options.apiKey().ifPresent(key -> environment.put("VAST_API_KEY", key));
    return new GuardProcess(environment);
  }

  /** Returns whether the process that starts a rental is still there. */
  static boolean started(Rental rental) {
    // Numbers of processes are used again: a younger one is another.
    return ProcessHandle.of(rental.client())
        .filter(ProcessHandle::isAlive)
        .flatMap(process -> process.info().startInstant())
        .map(start -> !start.isAfter(rental.began()))
        .orElse(false);
  }

  /** Returns what ends rentals; it says on {@code err} why that takes long. */
  Ending ending(VastClient client, PrintWriter err) {
    return new Ending(client, surroundings.timing(), store(), line -> tell(err, line));
  }

  /** Prints a line at once. */
  static void tell(PrintWriter err, String line) {
    err.println("lfm vast: " + line);
    err.flush();
  }

  /** Returns what to do about rentals if this process is killed before they are ended. */
  String remaining(Predicate<Rental> open) {
    List<String> labels = store().all().stream().filter(open).map(Rental::label).toList();
    return labels.isEmpty()
        ? "Nothing is known to be left."
        : "Not ended yet, and billed until then: %s. If you kill this process, run lfm vast down %s."
            .formatted(String.join(", ", labels), labels.size() > 1 ? "--all" : labels.getFirst());
  }

  /** Returns the user's answer, or an empty text at the end of the input. */
  String ask() {
    try {
      String answer = surroundings.input().readLine();
      return answer == null ? "" : answer.strip();
    } catch (IOException e) {
      throw new UncheckedIOException("Can't read the answer", e);
    }
  }
}
