package org.lfm4j.server.metrics;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.engine.DeadlineException;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.sampling.TokenLogprobs;

/** A generation whose tokens are counted when its caller takes them. */
final class MeasuredGeneration implements Generation {
  private static final String ABORT = "abort";

  private final Generation generation;
  private final MeasuredRequest request;
  private final AtomicBoolean ended = new AtomicBoolean();
  private int seen;

  MeasuredGeneration(Generation generation, MeasuredRequest request) {
    this.generation = generation;
    this.request = request;
  }

  @Override
  public Optional<String> next() throws InterruptedException {
    try {
      Optional<String> piece = generation.next();
      countTokens();
      if (piece.isEmpty()) {
        end();
      }
      return piece;
    } catch (DeadlineException e) {
      breakOff(ABORT);
      throw e;
    } catch (RuntimeException e) {
      breakOff("error");
      throw e;
    }
  }

  private void countTokens() {
    int now = generation.completionTokens();
    if (seen == 0 && now > 0) {
      request.firstToken(generation.cachedTokens());
    }
    if (now > seen) {
      request.metrics().tokens(generation.times(), seen, now);
      seen = now;
    }
  }

  private void end() {
    String reason = generation.finishReason().name().toLowerCase(Locale.ROOT);
    // Without a token (an abort, or a prompt that was only scored) there are no times.
    if (seen == 0 || reason.equals(ABORT)) {
      breakOff(reason);
    } else if (!ended.getAndSet(true)) {
      request.metrics().completed(reason, generation.times(), seen);
      request.ended(seen);
    }
  }

  private void breakOff(String reason) {
    if (!ended.getAndSet(true)) {
      request.metrics().brokenOff(reason);
      request.ended(0);
    }
  }

  @Override
  public FinishReason finishReason() {
    return generation.finishReason();
  }

  @Override
  public Optional<String> stopString() {
    return generation.stopString();
  }

  @Override
  public OptionalInt stopTokenId() {
    return generation.stopTokenId();
  }

  @Override
  public int[] tokens() {
    return generation.tokens();
  }

  @Override
  public int promptTokens() {
    return generation.promptTokens();
  }

  @Override
  public int completionTokens() {
    return generation.completionTokens();
  }

  @Override
  public int cachedTokens() {
    return generation.cachedTokens();
  }

  @Override
  public TokenTimes times() {
    return generation.times();
  }

  @Override
  public List<TokenLogprobs> logprobs() {
    return generation.logprobs();
  }

  @Override
  public List<TokenLogprobs> promptLogprobs() {
    return generation.promptLogprobs();
  }

  @Override
  public void close() {
    generation.close();
    breakOff(ABORT);
  }
}
