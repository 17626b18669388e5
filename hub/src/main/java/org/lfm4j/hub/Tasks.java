package org.lfm4j.hub;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Runs tasks side by side; the first failure stops the others. */
final class Tasks {
  /** What may fail. */
  interface Task {
    void run() throws IOException, InterruptedException;
  }

  private Tasks() {}

  /**
   * Returns when all tasks have ended.
   *
   * @throws HubException if one failed
   * @throws InterruptedException if this thread was interrupted; the tasks have been too
   */
  static void runAll(List<Task> tasks) throws InterruptedException {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<Boolean> running = new ExecutorCompletionService<>(executor);
      for (Task task : tasks) {
        Future<Boolean> _ =
            running.submit(() -> {
              task.run();
              return true;
            });
      }
      try {
        for (int i = 0; i < tasks.size(); i++) {
          running.take().get();
        }
      } catch (ExecutionException e) {
        throw failure(e.getCause());
      } finally {
        executor.shutdownNow();
      }
    }
  }

  private static RuntimeException failure(@Nullable Throwable cause) throws InterruptedException {
    return switch (cause) {
      case HubException e -> e;
      case RuntimeException e -> e;
      case IOException e -> DiskErrors.explain(e);
      case InterruptedException e -> throw e;
      case Error e -> throw e;
      case null, default -> new IllegalStateException("a task failed", cause);
    };
  }
}
