package org.lfm4j.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The hand-written scanner cuts as the two patterns do in a regular-expression engine. */
class PreTokenizerOracleTest {

  @ParameterizedTest
  @ValueSource(strings = {SyntheticTokenizer.PATTERN_65K, SyntheticTokenizer.PATTERN_128K})
  void cutsLikeThePattern(String pattern) {
    Pattern compiled =
        Pattern.compile(pattern, Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNICODE_CASE);
    RandomGenerator random = SyntheticTokenizer.random(10);
    for (int i = 0; i < 10_000; i++) {
      String text = Utf8.wellFormed(TestStrings.any(random));
      assertThat(pieces(text)).isEqualTo(matches(compiled, text));
    }
  }

  @Test
  void everyCodePointIsOfTheKindThePatternSees() {
    Pattern compiled =
        Pattern.compile(SyntheticTokenizer.PATTERN_65K, Pattern.UNICODE_CHARACTER_CLASS);
    for (int c = 0; c < 0x110000; c++) {
      if (c < 0xD800 || c > 0xDFFF) {
        // Letters, numbers, symbols and blanks each join another of the three neighbours.
        String text =
            "a" + Character.toString(c) + "1" + Character.toString(c) + "!" + Character.toString(c);
        if (!pieces(text).equals(matches(compiled, text))) {
          assertThat(pieces(text)).as("U+%X", c).isEqualTo(matches(compiled, text));
        }
      }
    }
  }

  private static List<String> pieces(String text) {
    byte[] utf8 = Utf8.encode(text);
    List<String> pieces = new ArrayList<>();
    for (int from = 0; from < utf8.length; ) {
      int to = PreTokenizer.pieceEnd(utf8, from, utf8.length);
      pieces.add(new String(utf8, from, to - from, java.nio.charset.StandardCharsets.UTF_8));
      from = to;
    }
    return pieces;
  }

  private static List<String> matches(Pattern pattern, String text) {
    List<String> pieces = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      pieces.add(matcher.group());
    }
    return pieces;
  }
}
