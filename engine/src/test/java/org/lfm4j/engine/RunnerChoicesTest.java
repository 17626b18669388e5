package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.lifecycle.AfterContainer;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.SamplingParamsBuilder;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.sampling.grammar.Grammar;
import org.lfm4j.sampling.grammar.GrammarCompiler;
import org.lfm4j.sampling.grammar.GrammarSpec;
import org.lfm4j.sampling.grammar.TokenTrie;

/**
 * A runner that chooses tokens gives each request what the host's sampler gives it, in random
 * schedules with preemptions, forks, faults and cancels, whatever its parameters, whether its steps
 * overlap or not.
 */
class RunnerChoicesTest {
  private static final int VOCAB = TracingRunner.VOCAB;
  private static final int END = 90;

  private static final TokenTrie VOCABULARY =
      new TokenTrie(
          VOCAB,
          id -> Character.toString('a' + id % 6).getBytes(StandardCharsets.US_ASCII),
          id -> id < 60,
          Map.of(),
          Set.of(END));

  private static final GrammarCompiler COMPILER = new GrammarCompiler(VOCABULARY);

  private static long chosen;
  private static long overlapped;
  private static long preemptions;
  private static long failures;

  /** What one sample of a request got. */
  private record Outcome(List<Integer> tokens, String failure, List<String> logprobs) {}

  @Property(tries = 600)
  void tokensAreThoseOfTheHostsSampler(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    List<Request> requests = new ArrayList<>();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      requests.add(request(random));
    }
    int pageTokens = 1 + random.nextInt(6);
    int sequences = 1 + random.nextInt(5);
    boolean faults = random.nextInt(4) == 0;
    EngineConfig tight =
        new EngineConfig(
            Math.ceilDiv(45, pageTokens) + random.nextInt(20) + random.nextInt(2) * 200,
            sequences + random.nextInt(30),
            sequences,
            Integer.MAX_VALUE,
            random.nextBoolean(),
            false);
    EngineConfig roomy = new EngineConfig(2000, 300, 24, Integer.MAX_VALUE, false, false);
    int broken = random.nextInt(3) == 0 ? random.nextInt(6) : 0;
    ChoosingRunner device = new ChoosingRunner(pageTokens, true, seed, broken);
    device.overlaps = random.nextInt(3) > 0;
    device.model.beforeStep =
        () -> {
          if (faults && random.nextInt(8) == 0) {
            throw new IllegalStateException("injected fault");
          }
        };
    device.beforeBegin = device.model.beforeStep;

    List<Outcome> got = run(new StepLoop(device, tight, Runnable::run), requests, random);
    List<Outcome> wanted =
        run(
            new StepLoop(new ChoosingRunner(4, false, seed, broken), roomy, Runnable::run),
            requests,
            new Random(0));

    chosen += device.chosen;
    overlapped += device.overlapped;
    for (int i = 0; i < got.size(); i++) {
      if (!got.get(i).failure().contains("injected fault")) {
        assertThat(got.get(i)).isEqualTo(wanted.get(i));
        failures += got.get(i).failure().isEmpty() ? 0 : 1;
      }
    }
  }

  /** The step after it had been scheduled as if it were over, and its pages were full. */
  @Example
  void aFailedStepLeavesNothingInThePrefixCache() throws Exception {
    Request request = request(new int[] {6, 8, 10, 6, 0, 8, 3});
    Outcome wanted = twice(request, 0).getFirst();
    assertThat(wanted.tokens()).hasSize(12);
    for (int step = 1; step <= 12; step++) {
      List<Outcome> outcomes = twice(request, step);
      assertThat(outcomes.getFirst().failure()).contains("injected fault");
      assertThat(outcomes.getLast()).as("after a fault in step %d", step).isEqualTo(wanted);
    }
  }

  private static Request request(int[] prompt) {
    return new Request(
        prompt,
        SamplingParams.builder().temperature(0).build(),
        12,
        Set.of(),
        1,
        0,
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.empty());
  }

  /** Computes a request, in which a step may fail, and then the same again. */
  private static List<Outcome> twice(Request request, int failing) throws InterruptedException {
    ChoosingRunner device = new ChoosingRunner(3, true, 1, 0);
    device.overlaps = true;
    int[] steps = {0};
    device.model.beforeStep =
        () -> {
          if (++steps[0] == failing) {
            throw new IllegalStateException("injected fault");
          }
        };
    EngineConfig config = new EngineConfig(40, 20, 1, Integer.MAX_VALUE, true, false);
    StepLoop loop = new StepLoop(device, config, Runnable::run);
    return run(loop, List.of(request, request), new Random(1));
  }

  /** Says if the schedules of the property never came to what it is about. */
  @AfterContainer
  static void everythingHappened() {
    assertThat(chosen).as("tokens that the runner chose").isGreaterThan(10_000);
    assertThat(overlapped).as("steps begun while another was on its way").isGreaterThan(1_000);
    assertThat(preemptions).as("preemptions").isGreaterThan(30);
    assertThat(failures).as("requests that failed alone").isGreaterThan(100);
  }

  private static Request request(Random random) {
    int[] prompt = random.ints(1 + random.nextInt(25), 0, 12).toArray();
    Optional<Grammar> grammar =
        random.nextInt(5) == 0
            ? Optional.of(COMPILER.compile(new GrammarSpec.Regex("a(b[c-f]*)+")))
            : Optional.empty();
    SamplingParams params = params(random);
    return new Request(
        prompt,
        params,
        1 + random.nextInt(18),
        random.nextBoolean() ? Set.of() : Set.of(END, 5),
        // Which samples report the prompt depends on the schedule: those that waited.
        params.promptLogprobs().isPresent() ? 1 : 1 + random.nextInt(3) / 2 * random.nextInt(4),
        0,
        Optional.empty(),
        params.promptLogprobs().isPresent(),
        Optional.empty(),
        grammar);
  }

  private static SamplingParams params(Random random) {
    SamplingParamsBuilder params =
        SamplingParams.builder()
            .temperature(random.nextInt(3) == 0 ? 0 : 0.1 + random.nextInt(19) / 10.0)
            .seed(random.nextLong());
    if (random.nextInt(3) == 0) {
      params.topK(random.nextInt(VOCAB + 10));
    }
    if (random.nextInt(3) == 0) {
      params.topP(0.05 + random.nextInt(95) / 100.0);
    }
    if (random.nextInt(3) == 0) {
      params.minP(random.nextInt(101) / 100.0);
    }
    if (random.nextInt(2) == 0) {
      params.repetitionPenalty(0.8 + random.nextInt(10) / 10.0);
    }
    if (random.nextInt(3) == 0) {
      params.frequencyPenalty(random.nextInt(-20, 21) / 10.0);
      params.presencePenalty(random.nextInt(-20, 21) / 10.0);
    }
    return rare(random, params).build();
  }

  private static SamplingParamsBuilder rare(Random random, SamplingParamsBuilder params) {
    switch (random.nextInt(10)) {
      case 0 -> params.logitBias(Map.of(3, 2f, 90, -100f));
      case 1 -> params.allowedTokenIds(Set.of(1, 2, 3, 7, 11, 64, 65, 80));
      case 2 -> params.badWords(List.of(List.of(4), List.of(1, 2), List.of(7, 3, 1)));
      case 3 -> params.minTokens(random.nextInt(12));
      case 4 -> params.logprobs(random.nextInt(-1, 21));
      case 5 -> params.logprobs(2).promptLogprobs(1);
      case 6 -> params.allowedTokenIds(Set.of(5)).minTokens(4);
      default -> {}
    }
    return params;
  }

  private static List<Outcome> run(StepLoop loop, List<Request> requests, Random random)
      throws InterruptedException {
    List<TokenStream> streams = new ArrayList<>();
    int came = 0;
    while (came < requests.size() || !loop.idle()) {
      while (came < requests.size() && random.nextInt(3) == 0) {
        streams.addAll(arrive(requests.get(came), came++, loop));
      }
      loop.dropGivenUp();
      if (!loop.idle()) {
        loop.step();
      }
      loop.checkIntegrity();
    }
    loop.publish();
    preemptions += loop.stats().preemptions();
    List<Outcome> outcomes = new ArrayList<>();
    for (TokenStream stream : streams) {
      outcomes.add(outcome(stream));
    }
    return outcomes;
  }

  private static List<TokenStream> arrive(Request request, int arrival, StepLoop loop) {
    List<Sequence> samples = new ArrayList<>();
    for (int i = 0; i < request.samples(); i++) {
      Sampler sampler =
          new Sampler(
              request.sampling().forSample(i),
              VOCAB,
              request.stopIds(),
              request.grammar().map(Grammar::newMatcher));
      sampler.observePrompt(request.prompt());
      samples.add(new Sequence(request, new TokenStream(() -> {}), sampler, 100L * arrival + i));
    }
    samples.getFirst().addSiblings(samples.subList(1, samples.size()));
    loop.add(samples.getFirst());
    return samples.stream().map(sample -> sample.stream).toList();
  }

  private static Outcome outcome(TokenStream stream) throws InterruptedException {
    List<Integer> tokens = new ArrayList<>();
    String failure = "";
    try {
      for (int id = stream.next(); id != TokenStream.END; id = stream.next()) {
        tokens.add(id);
      }
    } catch (EngineException e) {
      failure = e.getMessage();
    }
    List<String> logprobs = new ArrayList<>();
    stream.promptLogprobs().forEach(of -> logprobs.add(text(of)));
    stream.logprobs().forEach(of -> logprobs.add(text(of)));
    return new Outcome(tokens, failure, logprobs);
  }

  private static String text(TokenLogprobs of) {
    return "%d %.4f %d %s %.4f"
        .formatted(
            of.token(),
            of.logprob(),
            of.rank(),
            Arrays.toString(of.topIds()),
            of.topLogprobs().length == 0 ? 0 : of.topLogprobs()[0]);
  }
}
