package org.lfm4j.cli.vast;

import java.util.List;
import java.util.Optional;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;

/** Finds the rental that a user means. */
final class Rentals {
  private final RentalStore store;

  Rentals(RentalStore store) {
    this.store = store;
  }

  /** Returns the rental with a label or an instance's number. */
  Optional<Rental> find(String name) {
    return store.all().stream()
        .filter(rental ->
            rental.label().equals(name)
                || (rental.instance().isPresent()
                    && Long.toString(rental.instance().getAsLong()).equals(name)))
        .findFirst();
  }

  /** Returns the only rental, or nothing if there is none. */
  Optional<Rental> only() {
    List<Rental> all = store.all();
    if (all.size() > 1) {
      throw new VastException(
          VastException.Kind.INVALID,
          "Several things are rented: say which, %s."
              .formatted(String.join(" or ", all.stream().map(Rental::label).toList())));
    }
    return all.stream().findFirst();
  }

  /** Returns a rental's instance. */
  static long instance(Rental rental) {
    return rental
        .instance()
        .orElseThrow(() ->
            new VastException(
                VastException.Kind.NOT_FOUND,
                "%s has no instance yet: see lfm vast status.".formatted(rental.label())));
  }
}
