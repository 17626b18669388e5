package org.lfm4j.text.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What of an answer is reasoning. */
class ReasoningTest {

  private static void splits(boolean opened, String text, String reasoning, String content) {
    List<AnswerPart> parts = Answers.parts(new AnswerParser(opened, true), List.of(text));
    assertThat(Answers.reasoning(parts)).as(text).isEqualTo(reasoning);
    assertThat(Answers.content(parts)).as(text).isEqualTo(content);
    assertThat(Answers.sources(parts)).isEqualTo(text);
  }

  @Test
  void reasoningStandsBetweenItsTags() {
    splits(false, "<think>\nHm.\n</think>\n\nYes.", "\nHm.\n", "Yes.");
    splits(false, "\n <think>Hm.</think>Yes.", "Hm.", "Yes.");
    splits(false, "<think></think>Yes.", "", "Yes.");
    splits(false, "<think>Hm.</think>\n", "Hm.", "");
  }

  @Test
  void thePromptMayHaveOpenedIt() {
    splits(true, "Hm.</think>Yes.", "Hm.", "Yes.");
    splits(true, "\n<think>Hm.</think>Yes.", "Hm.", "Yes.");
    splits(true, "Hm", "Hm", "");
    splits(true, "  ", "  ", "");
  }

  @Test
  void onlyTheBeginningCounts() {
    splits(false, "Write <think>x</think>.", "", "Write <think>x</think>.");
    splits(false, "<think>a</think>b<think>c</think>", "a", "b<think>c</think>");
    splits(false, "a</think>b", "", "a</think>b");
    splits(false, "<thin", "", "<thin");
    splits(false, " <thinly>", "", " <thinly>");
  }

  @Test
  void reasoningThatIsCutOffIsReasoning() {
    splits(false, "<think>Hm. </thi", "Hm. </thi", "");
  }

  @Test
  void callsComeAfterReasoning() {
    String call = Answers.START + "[f()]" + Answers.END;
    List<AnswerPart> parts = Answers.parts("<think>Call " + call + "?</think>\n" + call);
    assertThat(Answers.reasoning(parts)).isEqualTo("Call " + call + "?");
    assertThat(Answers.calls(parts)).containsExactly("f {}");
    assertThat(Answers.content(parts)).isEmpty();
  }

  @Test
  void knowsWhetherItIsInReasoning() {
    AnswerParser parser = new AnswerParser(false, false);
    assertThat(parser.inReasoning()).isFalse();
    parser.push("<think>");
    assertThat(parser.inReasoning()).isTrue();
    parser.push("a</think>b");
    assertThat(parser.inReasoning()).isFalse();
    assertThat(new AnswerParser(true, false).inReasoning()).isTrue();
  }
}
