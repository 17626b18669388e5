package org.lfm4j.server.metrics;

import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lfm4j.ForwardingGeneration;
import org.lfm4j.Generation;
import org.lfm4j.engine.DeadlineException;

/** A generation whose tokens are counted when its caller takes them. */
final class MeasuredGeneration extends ForwardingGeneration {
  private static final String ABORT = "abort";

  private final MeasuredRequest request;
  private final AtomicBoolean ended = new AtomicBoolean();
  private int seen;

  MeasuredGeneration(Generation generation, MeasuredRequest request) {
    super(generation);
    this.request = request;
  }

  @Override
  public Optional<String> next() throws InterruptedException {
    try {
      Optional<String> piece = super.next();
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
    int now = completionTokens();
    if (seen == 0 && now > 0) {
      request.firstToken(cachedTokens());
    }
    if (now > seen) {
      request.metrics().tokens(times(), seen, now);
      seen = now;
    }
  }

  private void end() {
    String reason = finishReason().name().toLowerCase(Locale.ROOT);
    // Without a token (an abort, or a prompt that was only scored) there are no times.
    if (seen == 0 || reason.equals(ABORT)) {
      breakOff(reason);
    } else if (!ended.getAndSet(true)) {
      request.metrics().completed(reason, times(), seen);
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
  public void close() {
    super.close();
    breakOff(ABORT);
  }
}
