package org.lfm4j.text.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.lfm4j.text.tools.AnswerPart.Content;
import org.lfm4j.text.tools.AnswerPart.Markup;
import org.lfm4j.text.tools.AnswerPart.Reasoning;
import org.lfm4j.text.tools.AnswerPart.ToolCall;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whatever a model says: no exception, no lost text, the same parts however the text is cut.
 * -Dlfm4j.fuzz.answers=1000000 tries more answers.
 */
class AnswerFuzzTest {
  private static final int ANSWERS = Integer.getInteger("lfm4j.fuzz.answers", 20_000);
  private static final Pattern PUNCTUATION =
      Pattern.compile("(?:[\\s\\[\\],]|</?think>|<\\|tool_call_(?:start|end)\\|>)*");
  private static final JsonMapper JSON = JsonMapper.shared();

  @Test
  void nothingIsLostAndNothingDependsOnPieces() {
    SplittableRandom random = new SplittableRandom(6);
    MutatedAnswers answers = new MutatedAnswers(random);
    for (int i = 0; i < ANSWERS; i++) {
      String text = answers.next();
      boolean opened = random.nextInt(8) == 0;
      boolean tools = random.nextInt(8) > 0;
      List<AnswerPart> whole = Answers.parts(new AnswerParser(opened, tools), List.of(text));
      List<String> pieces = answers.pieces(text);
      assertThat(Answers.parts(new AnswerParser(opened, tools), pieces))
          .as("%s in pieces %s", text, pieces)
          .isEqualTo(whole);
      assertThat(Answers.sources(whole)).isEqualTo(text);
      requirePlausible(whole);
    }
  }

  private static void requirePlausible(List<AnswerPart> parts) {
    Set<String> read = new HashSet<>();
    boolean reasoned = false;
    for (AnswerPart part : parts) {
      assertThat(part.source()).as("%s", parts).isNotEmpty();
      switch (part) {
        case Reasoning _ -> {
          assertThat(reasoned).as("reasoning comes once: %s", parts).isFalse();
          reasoned = true;
        }
        case Content _ -> {}
        case ToolCall call -> {
          assertThat(JSON.readTree(call.arguments())).isInstanceOf(ObjectNode.class);
          assertThat(call.name()).isNotEmpty();
          read.add(Echo.essence(call.source()));
        }
        case Markup markup -> assertThat(isNothingNew(markup, read)).as("%s", parts).isTrue();
      }
    }
  }

  /** Markup is punctuation, or says again what was read as calls before. */
  private static boolean isNothingNew(Markup markup, Set<String> read) {
    String rest = Echo.essence(markup.source());
    for (String call : read) {
      rest = rest.replace(call, "");
    }
    return PUNCTUATION.matcher(rest).matches();
  }

  @Test
  void controlTokensNeverShowInContent() {
    MutatedAnswers answers = new MutatedAnswers(new SplittableRandom(7));
    for (int i = 0; i < ANSWERS / 10; i++) {
      String text = answers.next();
      for (AnswerPart part : Answers.parts(text)) {
        if (part instanceof Content) {
          assertThat(part.source()).as(text).doesNotContain(Answers.START, Answers.END);
        }
      }
    }
  }
}
