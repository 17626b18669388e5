package org.lfm4j.server.health;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.StepSizes;

/** Answers requests when the test says so; knows no more of a model than the watchdog asks for. */
final class TestableModel {
  private static final ModelConfig CONFIG =
      new ModelConfig(
          "lfm2",
          10,
          8,
          List.of(),
          1,
          1,
          8,
          8,
          3,
          false,
          1e-5f,
          1e6,
          100,
          true,
          Optional.empty(),
          1,
          7,
          0);

  final AtomicInteger asked = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();
  volatile long tokens;
  volatile Supplier<@Nullable RuntimeException> refusal = () -> null;
  volatile Supplier<@Nullable RuntimeException> failure = () -> null;
  private final List<GenerationRequest> requests = new CopyOnWriteArrayList<>();
  private final Semaphore arrivals = new Semaphore(0);
  private final Semaphore answers = new Semaphore(0);

  LanguageModel model() {
    return proxy(
        LanguageModel.class,
        (method, arguments) ->
            switch (method) {
              case "config" -> CONFIG;
              case "failure" -> Optional.empty();
              case "stats" ->
                  new EngineStats(
                      3,
                      4,
                      0,
                      tokens,
                      0,
                      0,
                      0,
                      0,
                      0,
                      0,
                      0,
                      new StepSizes(new long[StepSizes.SIZES], 0),
                      0);
              case "generate" -> generate((GenerationRequest) arguments[0], arguments.length);
              default -> throw new UnsupportedOperationException(method);
            });
  }

  void awaitAsked(int count) throws InterruptedException {
    while (asked.get() < count) {
      arrivals.acquire();
    }
  }

  void answer() {
    answers.release();
  }

  GenerationRequest lastRequest() {
    return requests.getLast();
  }

  private Object generate(GenerationRequest request, int parameters) {
    requests.add(request);
    asked.incrementAndGet();
    arrivals.release();
    RuntimeException refused = refusal.get();
    if (refused != null) {
      throw refused;
    }
    Generation generation =
        proxy(
            Generation.class,
            (method, arguments) ->
                switch (method) {
                  case "next" -> next();
                  case "text" -> next().orElse("");
                  case "finishReason" -> FinishReason.LENGTH;
                  case "close" -> closed.incrementAndGet();
                  default -> throw new UnsupportedOperationException(method);
                });
    return parameters == 1 ? generation : List.of(generation);
  }

  private Optional<String> next() throws InterruptedException {
    answers.acquire();
    RuntimeException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    return Optional.empty();
  }

  @FunctionalInterface
  private interface Answers {
    Object to(String method, Object[] arguments) throws InterruptedException;
  }

  private static <T> T proxy(Class<T> type, Answers answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (_, method, arguments) -> {
              Object answer =
                  answers.to(method.getName(), arguments == null ? new Object[0] : arguments);
              return method.getReturnType() == void.class ? null : answer;
            }));
  }
}
