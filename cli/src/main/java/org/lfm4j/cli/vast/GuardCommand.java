package org.lfm4j.cli.vast;

import java.util.Optional;
import org.lfm4j.vast.VastException;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code lfm vast guard}: started by {@code up} beside itself. It waits for the end of its input,
 * which comes when {@code up} ends in whatever way, kill -9 included, and ends the rental unless it
 * is ready or gone.
 */
@Command(
    name = "guard",
    hidden = true,
    mixinStandardHelpOptions = true,
    description = "Ends a rental that is not ready when its standard input ends.")
final class GuardCommand extends Action {
  private static final int TRIES = 30;

  @Parameters(index = "0", paramLabel = "LABEL", description = "The rental.")
  private String label = "";

  GuardCommand(Session session) {
    super(session);
  }

  @Override
  int run() throws InterruptedException {
    while (!session().ask().isEmpty()) {
      // Only the end of the input means anything.
    }
    RentalStore store = session().store();
    for (int attempt = 1; ; attempt++) {
      Optional<Rental> rental = store.load(label);
      if (rental.isEmpty() || rental.get().phase() == Rental.Phase.READY) {
        return 0;
      }
      try {
        session().ending(client(), err()).finish(rental.get());
        return 0;
      } catch (VastException e) {
        if (attempt == TRIES) {
          throw e;
        }
      }
    }
  }
}
