package org.lfm4j.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.lfm4j.LanguageModel;

/** A model that is loaded while something else happens. */
final class Loading implements AutoCloseable {
  private final CompletableFuture<LanguageModel> model = new CompletableFuture<>();

  /** Begins to load, on a thread of its own. */
  Loading(Supplier<LanguageModel> load) {
    // A daemon: where the something else fails, nobody waits for the model.
    Thread.ofPlatform().daemon().name("lfm-load").start(() -> load(load));
  }

  private void load(Supplier<LanguageModel> load) {
    try {
      model.complete(load.get());
    } catch (Throwable t) {
      model.completeExceptionally(t);
    }
  }

  /**
   * Returns the model when it is there.
   *
   * @throws RuntimeException or Error for which it could not be loaded
   */
  LanguageModel await() throws InterruptedException {
    try {
      return model.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException exception) {
        throw exception;
      }
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Closes the model, as soon as it is there. */
  @Override
  public void close() {
    var _ = model.thenAccept(LanguageModel::close);
  }
}
