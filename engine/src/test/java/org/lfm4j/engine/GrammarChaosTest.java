package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.grammar.Grammar;
import org.lfm4j.sampling.grammar.GrammarCompiler;
import org.lfm4j.sampling.grammar.GrammarSpec;
import org.lfm4j.sampling.grammar.TokenTrie;

/**
 * Requests with grammars in random schedules: whatever is preempted, chunked or forked, each gets
 * the tokens that it gets alone, and they follow its grammar.
 */
class GrammarChaosTest {
  private static final int END = 90;
  private static final String LETTERS = "abcdefgh";

  /** The letters, all pairs of them, and one token that ends. */
  private static final TokenTrie VOCABULARY =
      new TokenTrie(
          TracingRunner.VOCAB, GrammarChaosTest::bytes, id -> id < 8 + 64, Map.of(), Set.of(END));

  private static final List<String> PATTERNS =
      List.of("(ab|cd){2,9}", "[a-h]{0,12}", "a(b[c-f]*g)+h?", "(a|ab|abc)+d", "[ace]+|[bdf]+");

  private final GrammarCompiler compiler = new GrammarCompiler(VOCABULARY);

  private record Client(Request request, String pattern, List<TokenStream> streams) {}

  private static byte[] bytes(int id) {
    String text =
        id < 8
            ? LETTERS.substring(id, id + 1)
            : "" + LETTERS.charAt((id - 8) / 8 % 8) + LETTERS.charAt((id - 8) % 8);
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static StepLoop loop(Random random, boolean tight) {
    int pageTokens = tight ? 1 + random.nextInt(6) : 4;
    int sequences = tight ? 1 + random.nextInt(6) : 4;
    EngineConfig config =
        new EngineConfig(
            Math.ceilDiv(40, pageTokens) + (tight ? random.nextInt(10) : 40),
            sequences + (tight ? random.nextInt(20) : 40),
            sequences,
            Integer.MAX_VALUE,
            random.nextBoolean(),
            false);
    return new StepLoop(new TracingRunner(pageTokens), config, Runnable::run);
  }

  private static Client submit(
      Request request, String pattern, StepLoop loop, int arrival, int samples) {
    List<Sequence> sequences = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      Sampler sampler =
          new Sampler(
              request.sampling().forSample(i),
              TracingRunner.VOCAB,
              request.stopIds(),
              request.grammar().map(Grammar::newMatcher));
      sequences.add(new Sequence(request, new TokenStream(() -> {}), sampler, 10L * arrival + i));
    }
    sequences.getFirst().addSiblings(sequences.subList(1, samples));
    loop.add(sequences.getFirst());
    return new Client(request, pattern, sequences.stream().map(s -> s.stream).toList());
  }

  @Property(tries = 400)
  void everyRequestGetsWhatItGetsAlone(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    StepLoop loop = loop(random, true);
    List<Client> clients = new ArrayList<>();
    int toCome = 1 + random.nextInt(8);
    while (toCome > 0 || !loop.idle()) {
      if (toCome > 0 && random.nextInt(3) == 0) {
        String pattern = PATTERNS.get(random.nextInt(PATTERNS.size()));
        clients.add(
            submit(request(random, pattern), pattern, loop, toCome--, 1 + random.nextInt(3)));
      }
      if (!loop.idle()) {
        loop.step();
      }
      loop.checkIntegrity();
    }
    for (Client client : clients) {
      StepLoop alone = loop(new Random(1), false);
      Client same = submit(client.request(), client.pattern(), alone, 1, client.streams().size());
      while (!alone.idle()) {
        alone.step();
      }
      for (int i = 0; i < client.streams().size(); i++) {
        List<Integer> got = drained(client.streams().get(i));
        assertThat(got).isEqualTo(drained(same.streams().get(i)));
        check(got, client);
      }
    }
  }

  private Request request(Random random, String pattern) {
    int[] prompt = random.ints(1 + random.nextInt(20), 0, END).toArray();
    double temperature = random.nextBoolean() ? 0 : 1;
    return new Request(
        prompt,
        SamplingParams.builder().temperature(temperature).seed(random.nextInt()).build(),
        1 + random.nextInt(18),
        random.nextBoolean() ? Set.of() : Set.of(END),
        1,
        0,
        Optional.empty(),
        false,
        Optional.empty(),
        Optional.of(compiler.compile(new GrammarSpec.Regex(pattern))));
  }

  private static List<Integer> drained(TokenStream stream) throws InterruptedException {
    List<Integer> tokens = new ArrayList<>();
    assertThat(RandomRequests.drain(stream, tokens)).as("nothing fails").isFalse();
    return tokens;
  }

  private static void check(List<Integer> tokens, Client client) {
    boolean ended = tokens.getLast() == END;
    StringBuilder text = new StringBuilder();
    for (int token : ended ? tokens.subList(0, tokens.size() - 1) : tokens) {
      text.append(new String(bytes(token), StandardCharsets.US_ASCII));
    }
    assertThat(ended || tokens.size() == client.request().maxTokens()).isTrue();
    if (ended) {
      assertThat(text.toString()).matches(client.pattern());
    } else {
      assertThat(Pattern.compile(client.pattern()).matcher(text))
          .as("%s begins a match of %s", text, client.pattern())
          .satisfies(matcher -> assertThat(matcher.matches() || matcher.hitEnd()).isTrue());
    }
  }
}
