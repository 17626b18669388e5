package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;

/**
 * Keeps a fixed number of requests in flight: whenever one ends the next is sent.
 *
 * @param requests times of all requests, in no particular order
 * @param wallNanos from the first submission to the last end
 */
record ClosedLoop(List<RequestTimes> requests, long wallNanos) {

  /** Runs requests to their end. */
  static ClosedLoop run(LanguageModel model, List<GenerationRequest> requests, int concurrency)
      throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    List<RequestTimes> times = new ArrayList<>();
    long begun = System.nanoTime();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<List<RequestTimes>>> answers = new ArrayList<>();
      for (int i = 0; i < Math.min(concurrency, requests.size()); i++) {
        answers.add(clients.submit(() -> client(model, requests, next)));
      }
      for (Future<List<RequestTimes>> answer : answers) {
        times.addAll(result(answer));
      }
    }
    return new ClosedLoop(times, System.nanoTime() - begun);
  }

  private static List<RequestTimes> client(
      LanguageModel model, List<GenerationRequest> requests, AtomicInteger next)
      throws InterruptedException {
    List<RequestTimes> times = new ArrayList<>();
    for (int i = next.getAndIncrement(); i < requests.size(); i = next.getAndIncrement()) {
      long submitted = System.nanoTime();
      try (Generation generation = model.generate(requests.get(i))) {
        times.add(RequestTimes.of(generation, submitted));
      }
    }
    return times;
  }

  private static List<RequestTimes> result(Future<List<RequestTimes>> answer)
      throws InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw new CliException("A request of the benchmark failed: " + e.getCause());
    }
  }

  long inputTokens() {
    return requests.stream().mapToLong(RequestTimes::promptTokens).sum();
  }

  long outputTokens() {
    return requests.stream().mapToLong(RequestTimes::outputTokens).sum();
  }

  double seconds() {
    return wallNanos / 1e9;
  }
}
