package org.lfm4j.vast.rental;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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

  /**
   * A sweeper.
   *
   * @param alive whether the process that started a rental is still there
   */
  public Sweeper(VastClient client, Timing timing, RentalStore store, Predicate<Rental> alive) {
    this.client = client;
    this.timing = timing;
    this.store = store;
    this.alive = alive;
  }

  /**
   * Returns orphans: instances labelled for this user without a state file here, or of a rental
   * that is not ready and whose process is gone.
   */
  public List<Instance> orphans(String user) throws InterruptedException {
    Map<String, Rental> known = new TreeMap<>();
    store.all().forEach(rental -> known.put(rental.label(), rental));
    List<Instance> orphans = new ArrayList<>();
    for (Instance instance : client.instances()) {
      Rental rental = known.get(instance.label());
      boolean lookedAfter =
          rental != null && (rental.phase() == Rental.Phase.READY || alive.test(rental));
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
    Ending ending = new Ending(client, timing);
    int destroyed = 0;
    for (Instance orphan : orphans) {
      destroyed += ending.destroy(orphan.id(), orphan.label()) ? 1 : 0;
    }
    for (Rental rental : store.all()) {
      if (rental.phase() == Rental.Phase.READY) {
        if (client.labelled(rental.label()).isEmpty()) {
          store.remove(rental.label());
        }
      } else if (!alive.test(rental)) {
        destroyed += ending.end(rental);
        store.remove(rental.label());
      }
    }
    return destroyed;
  }
}
