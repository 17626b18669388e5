package org.lfm4j.server.metrics;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.lfm4j.GenerationRequest;

/** What the answers to one request have in common. Thread-safe. */
final class MeasuredRequest {
  private final RequestMetrics metrics;
  private final GenerationRequest request;
  private final int samples;
  private final AtomicInteger inFlight;
  private final AtomicInteger running;
  private final AtomicInteger longest = new AtomicInteger();
  private final AtomicBoolean promptDone = new AtomicBoolean();

  /** A request that begins; {@code inFlight} counts it until its last answer has ended. */
  MeasuredRequest(
      RequestMetrics metrics, GenerationRequest request, int samples, AtomicInteger inFlight) {
    this.metrics = metrics;
    this.request = request;
    this.samples = samples;
    this.inFlight = inFlight;
    this.running = new AtomicInteger(samples);
    inFlight.incrementAndGet();
  }

  RequestMetrics metrics() {
    return metrics;
  }

  /** An answer has its first token: the prompt, which all answers share, counts once. */
  void firstToken(int cachedTokens) {
    if (!promptDone.getAndSet(true)) {
      metrics.promptDone(request.prompt().length, cachedTokens);
    }
  }

  /** An answer ended; {@code tokens} is 0 if it didn't come to its own end. */
  void ended(int tokens) {
    longest.accumulateAndGet(tokens, Math::max);
    if (running.decrementAndGet() == 0) {
      inFlight.decrementAndGet();
      if (longest.get() > 0) {
        metrics.requestDone(samples, request.maxTokens(), longest.get());
      }
    }
  }
}
