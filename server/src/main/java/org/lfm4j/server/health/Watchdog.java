package org.lfm4j.server.health;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.QueueFullException;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.server.model.ServedModel;

/**
 * Finds out whether the engine still computes. As long as tokens pass through it, it does. When
 * none have for a while, because nobody asks or because it hangs, a request for one token is sent;
 * an engine that computes nothing within the limit is stuck, until it computes again. {@link #tick}
 * is called by one thread, {@link #trouble} by any.
 */
public final class Watchdog {
  private static final System.Logger LOG = System.getLogger(Watchdog.class.getName());

  private final ServedModel served;
  private final Duration interval;
  private final Duration limit;

  /** How a request for one token ended. */
  private sealed interface Outcome {
    /** The token came. */
    record Answered() implements Outcome {}

    /** The request was never taken up, which says nothing about the engine. */
    record Refused() implements Outcome {}

    /** The engine failed on it. */
    record Failed(String reason) implements Outcome {}
  }

  private volatile Optional<String> trouble = Optional.empty();
  private Optional<CompletableFuture<Outcome>> probe = Optional.empty();
  private OptionalLong firstProbeNanos = OptionalLong.empty();
  private OptionalLong tokens = OptionalLong.empty();
  private long progressNanos;

  /**
   * Watches a model once it is ready.
   *
   * @param interval how long the engine may rest before it is tried
   * @param limit how long a try may take without anything being computed
   */
  public Watchdog(ServedModel served, Duration interval, Duration limit) {
    this.served = served;
    this.interval = interval;
    this.limit = limit;
  }

  /** Returns what is wrong with the engine; nothing while it works. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Looks at the engine; called every second or so. */
  public void tick(long nowNanos) {
    Optional<LanguageModel> ready = served.bare();
    if (ready.isEmpty() || !(served.state() instanceof ServedModel.State.Ready)) {
      return;
    }
    LanguageModel model = ready.get();
    EngineStats stats = model.stats();
    long now = stats.promptTokens() + stats.generatedTokens();
    takeOutcome(nowNanos);
    if (tokens.isEmpty() || tokens.getAsLong() != now) {
      tokens = OptionalLong.of(now);
      works(nowNanos);
    } else if (probe.isEmpty() && nowNanos - progressNanos >= interval.toNanos()) {
      probe = Optional.of(askForToken(model));
      firstProbeNanos = OptionalLong.of(firstProbeNanos.orElse(nowNanos));
    }
    if (firstProbeNanos.isPresent() && nowNanos - firstProbeNanos.getAsLong() > limit.toNanos()) {
      report(
          Optional.of(
              "the engine has computed nothing for %d s: %d requests run, %d wait"
                  .formatted(
                      Duration.ofNanos(nowNanos - progressNanos).toSeconds(),
                      stats.running(),
                      stats.waiting())));
    }
  }

  private void takeOutcome(long nowNanos) {
    if (probe.isEmpty() || !probe.get().isDone()) {
      return;
    }
    switch (probe.get().join()) {
      case Outcome.Answered() -> works(nowNanos);
      case Outcome.Refused() -> {}
      case Outcome.Failed(String reason) -> {
        report(Optional.of(reason));
        restart(nowNanos);
      }
    }
    probe = Optional.empty();
  }

  private void works(long nowNanos) {
    report(Optional.empty());
    restart(nowNanos);
  }

  private void restart(long nowNanos) {
    progressNanos = nowNanos;
    firstProbeNanos = OptionalLong.empty();
  }

  private void report(Optional<String> found) {
    if (found.isPresent() && trouble.isEmpty()) {
      LOG.log(Level.ERROR, "Not healthy: {0}", found.get());
    } else if (found.isEmpty() && trouble.isPresent()) {
      LOG.log(Level.INFO, "Healthy again");
    }
    trouble = found;
  }

  private static CompletableFuture<Outcome> askForToken(LanguageModel model) {
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    Thread.ofVirtual().name("lfm-health").start(() -> outcome.complete(oneToken(model)));
    return outcome;
  }

  private static Outcome oneToken(LanguageModel model) {
    int[] prompt = {model.config().bosTokenId()};
    GenerationRequest request =
        GenerationRequest.of(prompt, SamplingParams.GREEDY).withMaxTokens(1);
    try (Generation generation = model.generate(request)) {
      generation.text();
      return generation.finishReason() == FinishReason.ABORT
          ? new Outcome.Refused()
          : new Outcome.Answered();
    } catch (QueueFullException | IllegalStateException e) {
      return new Outcome.Refused();
    } catch (RuntimeException e) {
      return new Outcome.Failed(String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome.Refused();
    }
  }
}
