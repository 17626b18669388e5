package org.lfm4j.vast.rental;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.lfm4j.vast.Instance;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.VastClient;

/** Finds what was left behind: instances with a label of ours that nobody looks after. */
public final class Sweeper {
  private final VastClient client;
  private final Timing timing;
  private final RentalStore store;
  private final Predicate<Rental> alive;
  private final Consumer<String> told;

  /**
   * A sweeper.
   *
   * @param alive whether the process that started a rental is still there
   * @param told hears why an ending takes long
   */
  public Sweeper(
      VastClient client,
      Timing timing,
      RentalStore store,
      Predicate<Rental> alive,
      Consumer<String> told) {
    this.client = client;
    this.timing = timing;
    this.store = store;
    this.alive = alive;
    this.told = told;
  }

  /**
   * Returns orphans: instances labelled for this user without a state file here, of a rental that
   * is not ready and whose process is gone, or beside the one that a rental knows.
   */
  public List<Instance> orphans(String user) throws InterruptedException {
    Map<String, Rental> known = new TreeMap<>();
    store.all().forEach(rental -> known.put(rental.label(), rental));
    List<Instance> orphans = new ArrayList<>();
    for (Instance instance : client.instances()) {
      Rental rental = known.get(instance.label());
      boolean lookedAfter =
          rental != null
              && (rental.phase() == Rental.Phase.READY
                  ? OptionalLong.of(instance.id()).equals(rental.instance())
                  : alive.test(rental));
      if (Label.isOf(instance.label(), user) && !lookedAfter) {
        orphans.add(instance);
      }
    }
    return orphans;
  }

  /**
   * Destroys orphans, then forgets rentals of which nothing is left.
   *
   * @return how many were destroyed
   */
  public int sweep(List<Instance> orphans) throws InterruptedException {
    Ending ending = new Ending(client, timing, store, told);
    Tally tally = new Tally();
    for (Instance orphan : orphans) {
      tally.add(() -> ending.finish(orphan.id(), orphan.label()) ? 1 : 0);
    }
    for (Rental rental : store.all()) {
      tally.add(() -> forget(rental, ending));
    }
    return tally.result();
  }

  private int forget(Rental rental, Ending ending) throws InterruptedException {
    if (rental.phase() != Rental.Phase.READY) {
      return alive.test(rental) ? 0 : ending.finish(rental);
    }
    if (client.labelled(rental.label()).isEmpty() && !rental.mayAppear(timing.now())) {
      store.remove(rental.label());
    }
    return 0;
  }
}
