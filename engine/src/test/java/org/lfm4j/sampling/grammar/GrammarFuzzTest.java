package org.lfm4j.sampling.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hostile schemas, expressions and grammars: a clear error or a grammar, within bounds. */
@Timeout(600)
class GrammarFuzzTest {
  private static final int TRIES = 500;

  private static final List<String> SCHEMA_PIECES =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\"type\":\"object\"",
          "\"type\":\"string\"",
          "\"type\":[\"integer\",\"null\"]",
          "\"properties\":{\"a\":{",
          "\"b\":{\"type\":\"array\"}",
          "\"items\":{",
          "\"required\":[\"a\",\"z\"]",
          "\"pattern\":\"(a|b)*a(a|b){9}\"",
          "\"$ref\":\"#\"",
          "\"$ref\":\"#/properties/a\"",
          "\"anyOf\":[{",
          "\"oneOf\":[{",
          "\"allOf\":[{",
          "\"enum\":[1,\"x\",null]",
          "\"const\":{\"a\":[1]}",
          "\"minimum\":-3.5",
          "\"maximum\":1e3",
          "\"multipleOf\":0.3",
          "\"minLength\":3",
          "\"maxLength\":5",
          "\"maxItems\":3",
          "\"minItems\":1e9",
          "\"not\":{}",
          "\"additionalProperties\":false",
          "\"patternProperties\":{\"^x\":{}}",
          "\"format\":\"date\"",
          "\"minProperties\":2",
          "true",
          "null",
          "1",
          "\"x\"",
          "{}");

  private static final List<String> PATTERN_PIECES =
      List.of(
          "a",
          "b",
          "(",
          ")",
          "(?:",
          "(?=",
          "[",
          "]",
          "[^",
          "a-z",
          "-",
          "|",
          "*",
          "+",
          "?",
          "{2}",
          "{,3}",
          "{1,90}",
          "{70000}",
          "^",
          "$",
          "\\",
          "\\d",
          "\\p{L}",
          "\\u{1F600}",
          "\\1",
          ".",
          "😀",
          "}",
          "{");

  private static final List<String> GRAMMAR_PIECES =
      List.of(
          "root ::= ",
          "a ::= ",
          "b ::= ",
          "root",
          "a",
          "b",
          "\"x\"",
          "'y'",
          "[a-z]",
          "[^",
          "]",
          "(",
          ")",
          "|",
          "*",
          "+",
          "?",
          "{2,5}",
          "{99999}",
          "\n",
          " ",
          "# c\n",
          "<|tool_call_start|>",
          "<x>",
          "\"",
          "\\",
          "é");

  private static String mix(Random random, List<String> pieces, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most); i >= 0; i--) {
      text.append(pieces.get(random.nextInt(pieces.size())));
    }
    return text.toString();
  }

  /** Compiles and, where that succeeds, goes some way. Any exception but ours fails the test. */
  private static void tryOut(GrammarSpec spec, Random random) {
    try {
      GrammarMatcher matcher = Vocabularies.compile(spec).newMatcher();
      for (int i = 0; i < 12 && !matcher.ended(); i++) {
        TokenBits mask = matcher.mask();
        assertThat(mask.count()).as("a dead end in %s", spec).isPositive();
        int token = random.nextInt(Vocabularies.BYTES.vocabSize());
        while (!mask.contains(token)) {
          token = (token + 1) % Vocabularies.BYTES.vocabSize();
        }
        matcher.accept(token);
      }
    } catch (GrammarException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @Test
  void schemasOfPieces() {
    Random random = new Random(1);
    for (int i = 0; i < TRIES; i++) {
      tryOut(new GrammarSpec.JsonSchema(mix(random, SCHEMA_PIECES, 12)), random);
    }
  }

  /** Well-formed JSON of random keywords, so that more than the JSON parser is reached. */
  @Test
  void schemasOfKeywords() {
    Random random = new Random(2);
    for (int i = 0; i < TRIES; i++) {
      tryOut(new GrammarSpec.JsonSchema(schema(random, 3), random.nextBoolean()), random);
    }
  }

  private static String schema(Random random, int depth) {
    if (depth == 0) {
      return random.nextBoolean() ? "{}" : "true";
    }
    StringBuilder text = new StringBuilder("{\"x\":0");
    for (int i = random.nextInt(4); i >= 0; i--) {
      String below = schema(random, depth - 1);
      text.append(',')
          .append(
              switch (random.nextInt(14)) {
                case 0 -> "\"type\":\"object\"";
                case 1 -> "\"type\":[\"string\",\"integer\"]";
                case 2 -> "\"properties\":{\"a\":%s,\"b\":{}}".formatted(below);
                case 3 -> "\"items\":" + below;
                case 4 -> "\"prefixItems\":[%s,%s]".formatted(below, below);
                case 5 -> "\"anyOf\":[%s,{\"type\":\"null\"}]".formatted(below);
                case 6 -> "\"oneOf\":[%s,{\"type\":\"null\"}]".formatted(below);
                case 7 -> "\"allOf\":[%s,%s]".formatted(below, below);
                case 8 -> "\"$ref\":\"#\"";
                case 9 -> "\"additionalProperties\":" + below;
                case 10 -> "\"patternProperties\":{\"^a\":%s,\"b\":{}}".formatted(below);
                case 11 -> "\"required\":[\"a\"],\"maxProperties\":" + random.nextInt(3);
                case 12 -> "\"pattern\":\"a+b\",\"maxLength\":" + random.nextInt(4);
                default -> "\"minimum\":1,\"multipleOf\":0.5,\"maximum\":" + random.nextInt(9);
              });
    }
    return text.append('}').toString();
  }

  @Test
  void patterns() {
    Random random = new Random(3);
    for (int i = 0; i < TRIES; i++) {
      tryOut(new GrammarSpec.Regex(mix(random, PATTERN_PIECES, 14)), random);
    }
  }

  @Test
  void patternsOfStrings() {
    Random random = new Random(4);
    for (int i = 0; i < TRIES / 5; i++) {
      String pattern = mix(random, PATTERN_PIECES, 10).replace("\\", "\\\\");
      tryOut(new GrammarSpec.JsonSchema("{\"pattern\":\"%s\"}".formatted(pattern)), random);
    }
  }

  @Test
  void grammars() {
    Random random = new Random(5);
    for (int i = 0; i < TRIES; i++) {
      tryOut(
          new GrammarSpec.Ebnf("root ::= a " + mix(random, GRAMMAR_PIECES, 30) + "\na ::= \"z\""),
          random);
    }
  }

  @Test
  void monsters() {
    Random random = new Random(6);
    String deep = "[".repeat(3000);
    List.of(
            new GrammarSpec.Regex("(".repeat(5000)),
            new GrammarSpec.Regex("(a|b)*a(a|b){40}"),
            new GrammarSpec.Regex("((((a{1,9}){1,9}){1,9}){1,9}){1,9}"),
            new GrammarSpec.Regex("a".repeat(300_000)),
            new GrammarSpec.Ebnf("root ::= " + "(".repeat(5000)),
            new GrammarSpec.Ebnf("root ::= \"a\"" + "*".repeat(5000)),
            new GrammarSpec.Ebnf("root ::= r0\n" + chain(9000)),
            new GrammarSpec.Ebnf(
                "root ::= \"a\" root \"b\" | \"a\" root \"c\" | \"a\" root root | \"a\""),
            new GrammarSpec.JsonSchema(deep),
            new GrammarSpec.JsonSchema("{\"items\":".repeat(400) + "{}" + "}".repeat(400)),
            new GrammarSpec.JsonSchema("{\"pattern\":\"(a|b)*a(a|b){40}\"}"),
            new GrammarSpec.JsonSchema("{\"pattern\":\"^(a?){900}b{900}$\",\"maxLength\":900}"),
            new GrammarSpec.JsonSchema("{\"maxLength\":20000}"),
            new GrammarSpec.JsonSchema("{\"multipleOf\":19999}"),
            new GrammarSpec.JsonSchema("{\"minimum\":1e1000000000}"),
            new GrammarSpec.JsonSchema(
                "{\"maxProperties\":400,\"properties\":{%s}}".formatted(names(450))),
            new GrammarSpec.JsonSchema("{\"properties\":{%s}}".formatted(names(3000))),
            new GrammarSpec.JsonSchema(
                "{\"allOf\":[%s{}]}"
                    .formatted("{\"anyOf\":[{\"minimum\":1},{\"maxLength\":1}]},".repeat(30))))
        .forEach(spec -> tryOut(spec, random));
  }

  private static String chain(int rules) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < rules; i++) {
      text.append("r%d ::= r%d\n".formatted(i, i + 1));
    }
    return text.append("r%d ::= \"x\"".formatted(rules)).toString();
  }

  private static String names(int count) {
    StringBuilder text = new StringBuilder("\"p\":{}");
    for (int i = 0; i < count; i++) {
      text.append(",\"p%d\":{}".formatted(i));
    }
    return text.toString();
  }
}
