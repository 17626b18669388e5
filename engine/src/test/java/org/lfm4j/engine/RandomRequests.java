package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.SingleSequence;
import org.lfm4j.sampling.Logprobs;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;

/**
 * Greedy requests that come at random while a step loop runs: shared beginnings, several samples,
 * priorities, salts and cancels.
 */
final class RandomRequests {

  /** A request and what its samples get. */
  record Client(Request request, List<TokenStream> streams) {}

  private final Random random;
  private final StepLoop loop;
  private final int vocabSize;
  private final SamplingParams sampling;
  private final int longestOutput;
  private final int[] shared;
  private final Consumer<int[]> change;
  private final List<Client> clients = new ArrayList<>();

  /**
   * Prepares requests.
   *
   * @param sampling greedy in any case
   * @param tokens prompts are made of ids below this
   * @param longestPrompt most tokens of a prompt
   * @param longestOutput most tokens to generate
   * @param change may change a prompt before it is sent
   */
  RandomRequests(
      Random random,
      StepLoop loop,
      int vocabSize,
      SamplingParams sampling,
      int tokens,
      int longestPrompt,
      int longestOutput,
      Consumer<int[]> change) {
    this.random = random;
    this.loop = loop;
    this.vocabSize = vocabSize;
    this.sampling = sampling;
    this.longestOutput = longestOutput;
    this.change = change;
    this.shared = random.ints(longestPrompt, 0, tokens).toArray();
  }

  /** Runs steps until all requests have come and are done; checks the pages after each. */
  List<Client> run(int requests) {
    int toCome = requests;
    while (toCome > 0 || !loop.idle()) {
      while (toCome > 0 && random.nextInt(3) == 0) {
        arrive(toCome--);
      }
      if (random.nextInt(12) == 0 && !clients.isEmpty()) {
        List<TokenStream> streams = clients.get(random.nextInt(clients.size())).streams();
        streams.get(random.nextInt(streams.size())).cancel();
      }
      loop.dropGivenUp();
      if (!loop.idle()) {
        loop.step();
      }
      loop.checkIntegrity();
    }
    assertThat(loop.pool().held()).isZero();
    return clients;
  }

  private void arrive(int arrival) {
    int[] prompt = Arrays.copyOf(shared, 1 + random.nextInt(shared.length));
    for (int i = random.nextInt(prompt.length + 1); i < prompt.length; i++) {
      prompt[i] = shared[random.nextInt(shared.length)];
    }
    change.accept(prompt);
    Request request =
        new Request(
            prompt,
            sampling,
            1 + random.nextInt(longestOutput),
            Set.of(),
            1 + random.nextInt(3),
            random.nextInt(3),
            random.nextInt(4) == 0 ? Optional.of("salt") : Optional.empty(),
            false,
            Optional.empty());
    List<Sequence> samples = new ArrayList<>();
    for (int i = 0; i < request.samples(); i++) {
      Sampler sampler = new Sampler(request.sampling(), vocabSize, Set.of());
      samples.add(
          new Sequence(request, new TokenStream(() -> {}), sampler, 100L * (50 - arrival) + i));
    }
    samples.getFirst().addSiblings(samples.subList(1, samples.size()));
    loop.add(samples.getFirst());
    clients.add(new Client(request, samples.stream().map(s -> s.stream).toList()));
  }

  /**
   * Checks that what came is what comes to the request alone, all of it unless it was cancelled.
   *
   * @param alone what a request gets alone
   * @param mayFail whether a stream may have failed on the way
   */
  static void check(Client client, Function<Request, int[]> alone, boolean mayFail)
      throws InterruptedException {
    int[] expected = alone.apply(client.request());
    for (TokenStream stream : client.streams()) {
      List<Integer> got = new ArrayList<>();
      boolean failed = drain(stream, got);
      assertThat(failed).as("only faults fail a request").isIn(false, mayFail);
      int[] prefix = Arrays.copyOf(expected, got.size());
      assertThat(got.stream().mapToInt(Integer::intValue).toArray()).isEqualTo(prefix);
      if (!failed && !stream.cancelled()) {
        assertThat(got).hasSize(client.request().maxTokens());
      }
    }
  }

  /** Takes all tokens of a stream and returns whether it failed in the end. */
  static boolean drain(TokenStream stream, List<Integer> tokens) throws InterruptedException {
    try {
      for (int id = stream.next(); id != TokenStream.END; id = stream.next()) {
        tokens.add(id);
      }
      return false;
    } catch (EngineException e) {
      return true;
    }
  }

  /**
   * Decodes one request without an engine, its prompt in one piece.
   *
   * @param runner that has memory for the prompt in a step, and for all of it in pages from 0 on
   */
  static List<TokenLogprobs> alone(Runner runner, Request request) {
    List<TokenLogprobs> chosen = new ArrayList<>();
    int[] next = request.prompt();
    SingleSequence sequence = new SingleSequence(runner, 0, next.length + request.maxTokens());
    int vocab = runner.config().vocabSize();
    float[] logits = new float[vocab];
    while (chosen.size() < request.maxTokens()) {
      sequence.forward(next, 0, next.length, logits);
      int best = 0;
      for (int id = 1; id < vocab; id++) {
        best = logits[id] > logits[best] ? id : best;
      }
      chosen.add(Logprobs.of(logits, 0, vocab, best, 0));
      next = new int[] {best};
    }
    return chosen;
  }
}
