package org.lfm4j.sampling.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Regular expressions, choices and EBNF: which texts they let through, and what they refuse. */
class TextGrammarTest {

  private static boolean regex(String pattern, String text) {
    return Vocabularies.accepts(Vocabularies.compile(new GrammarSpec.Regex(pattern)), text);
  }

  private static boolean ebnf(String grammar, String text) {
    return Vocabularies.accepts(Vocabularies.compile(new GrammarSpec.Ebnf(grammar)), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "abc abc ab",
        "a|bc bc ac",
        "(ab)* ababab aba",
        "(?:ab)+ ab ''",
        "(?<year>\\d{4}) 2026 202",
        "^a{2,3}$ aaa a",
        "a{2,} aaaaa a",
        "a{2} aa aaa",
        "[a-cx]+ abcx abd",
        "[^a-c]+ xyz xa",
        "\\d\\D\\w\\W 1x_- 11_-",
        "[\\d.-]+ 1.5-2 1,5",
        "x\\.y x.y xzy",
        "\\u00e9\\x41\\u{1F600} éA😀 eA😀",
        "\\p{Lu}\\p{L}+ Ärger ärger",
        "a??b*?c abbc abb",
        "[가-힣]+ 안녕 hello",
        ". 😀 😀😀",
        "a{,2} a{,2} aa"
      })
  void regexesMatchWholeTexts(String pattern, String yes, String no) {
    assertThat(regex(pattern, yes)).as("%s on %s", pattern, yes).isTrue();
    assertThat(regex(pattern, no)).as("%s on %s", pattern, no).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "(a;needs )",
        "a);nothing opens",
        "*a;repeats nothing",
        "a**;repeats a repetition",
        "(?=a)b;look-ahead",
        "(?<!a)b;look-ahead",
        "(?i)a;look-ahead",
        "(a)\\1;escape",
        "\\bword;escape",
        "[z-a];backwards",
        "[\\d-z];between classes",
        "\\p{Greek};property",
        "a{3,2};at least 3",
        "a{99999};limit",
        "a^b;ends of an expression",
        "[];no output",
        "((a{1000}){1000}){1000};states"
      })
  void badRegexesSayWhy(String pattern, String reason) {
    assertThatThrownBy(() -> Vocabularies.compile(new GrammarSpec.Regex(pattern)))
        .isInstanceOf(GrammarException.class)
        .hasMessageContaining(reason);
  }

  @Test
  void aChoiceIsOneOfItsTexts() {
    Grammar grammar =
        Vocabularies.compile(new GrammarSpec.Choice(List.of("yes", "no", "not sure", "né")));
    assertThat(List.of("yes", "no", "not sure", "né"))
        .allMatch(text -> Vocabularies.accepts(grammar, text));
    assertThat(List.of("", "ye", "not", "yesno", "n"))
        .noneMatch(t -> Vocabularies.accepts(grammar, t));
    assertThatThrownBy(() -> Vocabularies.compile(new GrammarSpec.Choice(List.of())))
        .isInstanceOf(GrammarException.class);
  }

  @Test
  void ebnfDerivesNestedText() {
    String grammar =
        """
        # arithmetic
        root ::= sum
        sum ::= sum ("+" | "-") term | term
        term ::= number | "(" sum ")"
        number ::= [0-9]{1,3} ("." [0-9]+)?
        """;
    assertThat(List.of("1", "1+2-3", "(1+2)-((3))", "12.5+7")).allMatch(t -> ebnf(grammar, t));
    assertThat(List.of("", "+1", "(1", "1234", "1+", "1.")).noneMatch(t -> ebnf(grammar, t));
  }

  @Test
  void ebnfKnowsEscapesClassesAndLineBreaks() {
    String grammar =
        """
        root ::= line
          ("\\n" line)*
        line ::= [^\\n"\\]]+ | '"' . '"'
          | "\\u00e9\\x41"
        """;
    assertThat(List.of("ab\ncd", "\"x\"", "éA", "\"]\"")).allMatch(t -> ebnf(grammar, t));
    assertThat(List.of("a]", "ab\n", "\"xy\"")).noneMatch(t -> ebnf(grammar, t));
  }

  @Test
  void anAmbiguousGrammarIsFollowed() {
    String grammar = "root ::= \"a\" root root | \"a\" root | \"a\"";
    assertThat(ebnf(grammar, "a".repeat(30))).isTrue();
    assertThat(ebnf(grammar, "a".repeat(30) + "b")).isFalse();
  }

  @Test
  void controlTokensComeOnlyWhereNamed() {
    Grammar grammar =
        Vocabularies.compile(
            new GrammarSpec.Ebnf("root ::= <|tool_call_start|> [a-z]* <|tool_call_end|>"));
    GrammarMatcher matcher = grammar.newMatcher();
    assertThat(matcher.mask().count()).isEqualTo(1);
    matcher.accept(Vocabularies.CALL_START);
    assertThat(matcher.mask().count()).isEqualTo(27);
    matcher.accept('x');
    matcher.accept(Vocabularies.CALL_END);
    assertThat(matcher.mustEnd()).isTrue();
    assertThat(matcher.mask().count()).isEqualTo(1);
    assertThat(regex("<\\|tool_call_start\\|>", "<|tool_call_start|>")).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "'start ::= \"a\"';no rule root",
        "'root ::= other';does not define",
        "'root ::= \"a';ends too early",
        "'root ::= \"a\" root';no output",
        "'root ::= a b\na ::= \"x\"?\nb ::= root | \"y\"';left-recursive",
        "'root ::= a\na ::= a';no output",
        "'root ::= \"a\"\nroot ::= \"b\"';twice",
        "'root = \"a\"';::=",
        "'root ::= <|nonsense|>';no control token",
        "'root ::= (\"a\"';needs )",
        "'root ::= \"\\q\"';escape",
        "'';no rule root"
      })
  void badGrammarsSayWhy(String grammar, String reason) {
    assertThatThrownBy(() -> Vocabularies.compile(new GrammarSpec.Ebnf(grammar)))
        .isInstanceOf(GrammarException.class)
        .hasMessageContaining(reason);
  }
}
