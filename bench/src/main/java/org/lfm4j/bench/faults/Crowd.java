package org.lfm4j.bench.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Many clients at once, and what became of them. */
final class Crowd {
  private Crowd() {}

  /** One of them; {@code index} counts from 0. */
  @FunctionalInterface
  interface Member {
    /** Does its part and says in a few words how it went. */
    String run(int index) throws Exception;
  }

  /** Runs so many members together and counts what they say. */
  static String run(int size, Member member) throws InterruptedException {
    List<Callable<String>> all = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      int index = i;
      all.add(() -> member.run(index));
    }
    TreeMap<String, Integer> outcomes = new TreeMap<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<String> one : threads.invokeAll(all)) {
        outcomes.merge(outcome(one), 1, Integer::sum);
      }
    }
    StringBuilder text = new StringBuilder();
    outcomes.forEach(
        (outcome, count) -> text.append(String.format(Locale.ROOT, "%,d %s; ", count, outcome)));
    return text.substring(0, text.length() - 2);
  }

  private static String outcome(Future<String> one) throws InterruptedException {
    try {
      return one.get();
    } catch (ExecutionException e) {
      return String.valueOf(e.getCause());
    }
  }
}
