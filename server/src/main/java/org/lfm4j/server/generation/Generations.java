package org.lfm4j.server.generation;

import java.lang.System.Logger.Level;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.engine.EngineException;
import org.lfm4j.sampling.SamplingException;
import org.lfm4j.server.http.ApiException;

/** The generations that run for clients of one server. Thread-safe. */
public final class Generations {
  private static final System.Logger LOG = System.getLogger(Generations.class.getName());

  private final Set<Generation> running = ConcurrentHashMap.newKeySet();

  public void add(Generation generation) {
    running.add(generation);
  }

  public void remove(Generation generation) {
    running.remove(generation);
  }

  public int count() {
    return running.size();
  }

  /** Stops them all: their clients get an error instead of the rest. */
  public void abort() {
    running.forEach(Generation::close);
  }

  /**
   * Refuses to present a generation as complete that was cut off.
   *
   * @throws ApiException 503 if it was aborted
   */
  public static void requireCompleted(Generation generation) {
    if (generation.finishReason() == FinishReason.ABORT) {
      throw ApiException.unavailable("The server is shutting down: the answer was cut off.");
    }
  }

  /**
   * Logs a failure of the engine and returns what the client is told. That its own wishes leave no
   * token to choose is known only on the way, but it is no failure of the engine.
   */
  public static ApiException failed(EngineException e) {
    if (e.getCause() instanceof SamplingException impossible) {
      return ApiException.badRequest(String.valueOf(impossible.getMessage()));
    }
    LOG.log(Level.ERROR, "A generation failed", e);
    return ApiException.internal(String.valueOf(e.getMessage()));
  }
}
