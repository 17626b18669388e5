package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.sampling.SamplingParams;

/** Sends requests of the same lengths all at once and keeps the times of their tokens. */
final class SpeedBench {
  private static final int WARM_UP_LENGTH = 1000;

  private final LanguageModel model;
  private final int[] vocabulary;
  private final RandomGenerator random;

  SpeedBench(LanguageModel model, long seed) {
    this.model = model;
    this.random = new SplittableRandom(seed);
    int known = Math.min(model.tokenizer().vocabSize(), model.config().vocabSize());
    this.vocabulary =
        IntStream.range(0, known).filter(id -> !model.tokenizer().isSpecial(id)).toArray();
  }

  /** Decodes so many tokens with one sequence after the other, for the JVM to compile its code. */
  void warmUp(int tokens) throws InterruptedException {
    int longest = Math.min(WARM_UP_LENGTH, model.maxModelLength() - 1);
    for (int left = tokens; left > 0; left -= longest) {
      run(1, 1, Math.min(left, longest));
    }
  }

  /**
   * Runs requests of random tokens to their end, none of which stops early.
   *
   * @return when each request's tokens came
   */
  List<TokenTimes> run(int requests, int promptTokens, int outputTokens)
      throws InterruptedException {
    List<TokenTimes> times = new ArrayList<>();
    try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<TokenTimes>> answers = new ArrayList<>();
      for (int i = 0; i < requests; i++) {
        GenerationRequest request = request(promptTokens, outputTokens);
        answers.add(clients.submit(() -> timesOf(request)));
      }
      for (Future<TokenTimes> answer : answers) {
        times.add(answer.get());
      }
    } catch (ExecutionException e) {
      throw new CliException("A request of the benchmark failed: " + e.getCause());
    }
    return times;
  }

  private TokenTimes timesOf(GenerationRequest request) throws InterruptedException {
    try (Generation generation = model.generate(request)) {
      while (generation.next().isPresent()) {
        // Only the times are wanted.
      }
      return generation.times();
    }
  }

  private GenerationRequest request(int promptTokens, int outputTokens) {
    int[] prompt =
        IntStream.generate(() -> vocabulary[random.nextInt(vocabulary.length)])
            .limit(promptTokens)
            .toArray();
    return new GenerationRequest(prompt, SamplingParams.GREEDY, outputTokens, List.of(), false)
        .withIgnoreEos(true);
  }
}
