package org.lfm4j.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.EngineException;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.engine.StepSizes;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.TextException;
import org.lfm4j.text.Tokenizer;

/**
 * A model that says what it was told to: one piece a token, one request at a time. A prompt has as
 * many tokens as its contents have words.
 */
final class FakeModel implements LanguageModel {
  private static final Tokenizer TOKENIZER =
      Tokenizer.load(
          Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo", "tokenizer.json"));

  static final SamplingParams DEFAULTS =
      SamplingParams.of(0.3, 0, 1, 0.15, 1.05, OptionalLong.empty());

  private final List<String> pieces;
  private final Duration delay;
  private final int failAt;
  private final Semaphore turn = new Semaphore(1, true);

  final List<GenerationRequest> requests = new CopyOnWriteArrayList<>();
  final List<ChatPrompt> prompts = new CopyOnWriteArrayList<>();
  final CountDownLatch started = new CountDownLatch(1);
  final CountDownLatch aborted = new CountDownLatch(1);
  final CountDownLatch closedEarly = new CountDownLatch(1);
  volatile CountDownLatch gate = new CountDownLatch(0);
  volatile Optional<String> failure = Optional.empty();
  volatile Optional<String> refusal = Optional.empty();
  volatile Optional<String> stop = Optional.empty();

  private FakeModel(List<String> pieces, Duration delay, int failAt) {
    this.pieces = pieces;
    this.delay = delay;
    this.failAt = failAt;
  }

  /** Says these pieces, then ends its turn. */
  static FakeModel saying(String... pieces) {
    return new FakeModel(List.of(pieces), Duration.ZERO, Integer.MAX_VALUE);
  }

  /** Says so many pieces with a pause before each. */
  static FakeModel slow(Duration delay, int pieces) {
    List<String> list = new ArrayList<>();
    for (int i = 0; i < pieces; i++) {
      list.add("word" + i + " ");
    }
    return new FakeModel(list, delay, Integer.MAX_VALUE);
  }

  /** Fails in place of piece {@code failAt}. */
  static FakeModel failing(int failAt, String... pieces) {
    return new FakeModel(List.of(pieces), Duration.ZERO, failAt);
  }

  /** Says nothing before its gate is opened. */
  static FakeModel gated(String... pieces) {
    FakeModel model = saying(pieces);
    model.gate = new CountDownLatch(1);
    return model;
  }

  ChatPrompt lastPrompt() {
    return prompts.getLast();
  }

  GenerationRequest lastRequest() {
    return requests.getLast();
  }

  boolean awaitAbort() throws InterruptedException {
    return aborted.await(10, TimeUnit.SECONDS);
  }

  @Override
  public ModelConfig config() {
    throw new UnsupportedOperationException();
  }

  @Override
  public GenerationConfig generationConfig() {
    return new GenerationConfig(DEFAULTS, Set.of(7));
  }

  @Override
  public int maxModelLength() {
    return 100;
  }

  @Override
  public Tokenizer tokenizer() {
    return TOKENIZER;
  }

  @Override
  public int[] encode(ChatPrompt prompt) {
    refusal.ifPresent(message -> {
      throw new TextException(message);
    });
    prompts.add(prompt);
    int words = 0;
    for (Map<String, Object> message : prompt.messages()) {
      words += ((String) message.get("content")).split("\\s+").length;
    }
    return new int[words];
  }

  @Override
  public List<Generation> generate(GenerationRequest request, int samples) {
    requests.add(request);
    List<Generation> all = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      all.add(new Fake(request));
    }
    return all;
  }

  @Override
  public boolean priorities() {
    return false;
  }

  @Override
  public MemoryPlan memoryPlan() {
    return new MemoryPlan(0, 0, new CacheSpec(64, 1, 1), 1, maxModelLength());
  }

  @Override
  public EngineStats stats() {
    StepSizes none = new StepSizes(new long[StepSizes.SIZES], 0);
    return new EngineStats(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, none, 0);
  }

  @Override
  public Optional<String> failure() {
    return failure;
  }

  @Override
  public void close() {}

  private final class Fake implements Generation {
    private final GenerationRequest request;
    private final TokenTimes times = new TokenTimes();
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean running;
    private volatile boolean ended;
    private FinishReason reason = FinishReason.STOP;
    private int produced;

    Fake(GenerationRequest request) {
      this.request = request;
    }

    @Override
    public Optional<String> next() throws InterruptedException {
      while (!running && !ended) {
        running = turn.tryAcquire(5, TimeUnit.MILLISECONDS);
        if (!running && closed.getCount() == 0) {
          return end(FinishReason.ABORT);
        }
      }
      started.countDown();
      times.start(System.nanoTime());
      gate.await();
      if (ended) {
        return Optional.empty();
      }
      if (closed.await(delay.toMillis(), TimeUnit.MILLISECONDS) || closed.getCount() == 0) {
        return end(FinishReason.ABORT);
      }
      if (produced == failAt) {
        end(FinishReason.ABORT);
        throw new EngineException("matrix 3 caught fire", new ArithmeticException());
      }
      if (produced == pieces.size()) {
        return end(FinishReason.STOP);
      }
      if (produced == request.maxTokens()) {
        return end(FinishReason.LENGTH);
      }
      times.token(System.nanoTime());
      return Optional.of(pieces.get(produced++));
    }

    private Optional<String> end(FinishReason why) {
      ended = true;
      reason = why;
      if (running) {
        running = false;
        turn.release();
      }
      if (why == FinishReason.ABORT) {
        aborted.countDown();
      }
      return Optional.empty();
    }

    @Override
    public FinishReason finishReason() {
      return reason;
    }

    @Override
    public Optional<String> stopString() {
      return stop;
    }

    @Override
    public OptionalInt stopTokenId() {
      return OptionalInt.empty();
    }

    @Override
    public int[] tokens() {
      return new int[produced];
    }

    @Override
    public int promptTokens() {
      return request.prompt().length;
    }

    @Override
    public int cachedTokens() {
      return 0;
    }

    @Override
    public TokenTimes times() {
      return times;
    }

    @Override
    public List<TokenLogprobs> logprobs() {
      return List.of();
    }

    @Override
    public List<TokenLogprobs> promptLogprobs() {
      return List.of();
    }

    @Override
    public int completionTokens() {
      return produced;
    }

    @Override
    public void close() {
      if (!ended) {
        closedEarly.countDown();
      }
      closed.countDown();
    }
  }
}
