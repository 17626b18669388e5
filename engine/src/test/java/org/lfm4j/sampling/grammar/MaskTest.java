package org.lfm4j.sampling.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lfm4j.text.Tokenizer;

/** Masks against what trying every token of the vocabulary says. */
class MaskTest {
  private static final List<GrammarSpec> SPECS =
      List.of(
          new GrammarSpec.JsonObject(),
          new GrammarSpec.JsonSchema(
              """
              {"type":"object","properties":{"name":{"type":"string","maxLength":12},
               "age":{"type":"integer","minimum":0,"maximum":150},
               "tags":{"type":"array","items":{"enum":["red","green","blue"]}},
               "next":{"$ref":"#"}},"required":["name"]}\
              """),
          new GrammarSpec.Regex("[a-z]+( [a-z]+){0,5}\\."),
          new GrammarSpec.Regex("([^,\\n]*,){3}.*"),
          new GrammarSpec.Choice(List.of("the cat", "the dog", "there", "a")),
          new GrammarSpec.Ebnf(
              "root ::= item (\", \" item)*\nitem ::= [a-z ]+ | \"(\" root \")\" | \"<\" any \">\"\nany ::= [^<>]*"),
          new GrammarSpec.ToolCalls(
              List.of(
                  new GrammarSpec.Tool(
                      "get_weather",
                      """
                      {"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},
                       "required":["city"]}\
                      """)),
              true));

  @Test
  void holdsExactlyTheTokensThatCanFollow() {
    Tokenizer tokenizer = Vocabularies.demoTokenizer();
    TokenTrie trie = Vocabularies.trieOf(tokenizer);
    GrammarCompiler compiler = new GrammarCompiler(trie);
    Random random = new Random(5);
    for (GrammarSpec spec : SPECS) {
      Grammar grammar = compiler.compile(spec);
      Configuration at = grammar.start();
      for (int token : Vocabularies.sample(grammar, trie, random, 15)) {
        assertThat(allowed(grammar.mask(at), trie))
            .as("%s", spec)
            .isEqualTo(tried(grammar, at, trie));
        at = grammar.step(at, token);
      }
    }
  }

  /** With so little room everything is forgotten again and again. */
  @Test
  void forgettingChangesNothing() {
    TokenTrie trie = Vocabularies.trieOf(Vocabularies.demoTokenizer());
    GrammarCompiler compiler = new GrammarCompiler(trie);
    Random random = new Random(6);
    for (GrammarSpec spec : SPECS) {
      Grammar grammar = compiler.compile(spec);
      GrammarMatcher matcher = grammar.newMatcher();
      GrammarMatcher forgetful = new Grammar(compiler.root(spec), trie, 20_000).newMatcher();
      for (int token : Vocabularies.sample(grammar, trie, random, 15)) {
        assertThat(allowed(forgetful.mask(), trie))
            .as("%s", spec)
            .isEqualTo(allowed(matcher.mask(), trie));
        matcher.accept(token);
        forgetful.accept(token);
      }
    }
  }

  private static BitSet allowed(TokenBits mask, TokenTrie trie) {
    BitSet allowed = new BitSet();
    for (int token = 0; token < trie.vocabSize(); token++) {
      allowed.set(token, mask.contains(token));
    }
    return allowed;
  }

  private static BitSet tried(Grammar grammar, Configuration at, TokenTrie trie) {
    BitSet allowed = new BitSet();
    for (int token = 0; token < trie.vocabSize(); token++) {
      boolean follows = grammar.step(at, token) != Configuration.DEAD;
      allowed.set(token, follows || (at.accepting && trie.endTokens().contains(token)));
    }
    return allowed;
  }

  @Test
  void aVocabularyWithoutAllBytesIsNeverADeadEnd() {
    // There is "b" and "ba", but no "a": after "b" nothing could complete "ba".
    byte[][] tokens = {{'b'}, {'b', 'a'}, {'c'}};
    // One end token is beyond the vocabulary, as a checkpoint may say.
    TokenTrie trie =
        new TokenTrie(
            4, id -> id < 3 ? tokens[id] : new byte[0], id -> id < 3, Map.of(), Set.of(3, 70_000));
    Grammar grammar = new GrammarCompiler(trie).compile(new GrammarSpec.Regex("ba|bc"));
    GrammarMatcher matcher = grammar.newMatcher();
    matcher.accept(0);
    assertThat(matcher.mask().contains(2)).isTrue();
    matcher.accept(2);
    assertThat(matcher.mask().contains(3)).isTrue();
  }

  @Test
  void halvesOfCharactersStayOnTheirWay() {
    Tokenizer tokenizer = Vocabularies.demoTokenizer();
    TokenTrie trie = Vocabularies.trieOf(tokenizer);
    Grammar grammar = new GrammarCompiler(trie).compile(new GrammarSpec.Regex("[é-í]"));
    byte[] utf8 = "ë".getBytes(StandardCharsets.UTF_8);
    Configuration half = grammar.step(grammar.start(), new byte[] {utf8[0]});
    assertThat(half).isNotSameAs(Configuration.DEAD);
    assertThat(half.accepting).isFalse();
    assertThat(grammar.step(half, new byte[] {utf8[1]}).accepting).isTrue();
    assertThat(grammar.step(half, new byte[] {(byte) 0x80})).isSameAs(Configuration.DEAD);
  }

  @Test
  void otherLogitsBecomeImpossible() {
    TokenBits bits = new TokenBits(131);
    bits.add(0);
    bits.add(64);
    bits.add(130);
    float[] logits = new float[140];
    bits.keep(logits, 5, 131);
    for (int i = 0; i < logits.length; i++) {
      boolean kept = i < 5 || i >= 136 || bits.contains(i - 5);
      assertThat(logits[i]).isEqualTo(kept ? 0 : Float.NEGATIVE_INFINITY);
    }
  }
}
