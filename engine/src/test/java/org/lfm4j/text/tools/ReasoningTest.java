package org.lfm4j.text.tools;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.text.Tokenizer;

/** What of an answer is reasoning. */
class ReasoningTest {
  private static final Path DEMO =
      Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo", "tokenizer.json");

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
  void readsThePromptsEnd() {
    Tokenizer tokenizer = Tokenizer.load(DEMO);
    String user = "<|im_start|>user\n<think>a<|im_end|>\n";
    String turn = "<|im_start|>assistant\n";
    Map<String, Boolean> prompts =
        Map.of(
            user + turn,
            false,
            user + turn + "<think>\n",
            true,
            user + turn + "<think>\n\n</think>\n\n",
            false,
            user + turn + "<think>a</think>b<|im_end|>\n" + user + turn,
            false,
            user + turn + "Yes, <think",
            false,
            user,
            false,
            "<|im_start|>user\n<think>",
            false,
            "<think>",
            false,
            "",
            false);
    prompts.forEach((prompt, expected) ->
        assertThat(AnswerParser.endsInReasoning(tokenizer.encodeTrusted(prompt, false), tokenizer))
            .as(prompt)
            .isEqualTo(expected));
  }

  @Test
  void tagsStayWhereSpecialTokensAreLeftOut(@TempDir Path folder) throws IOException {
    String file = Files.readString(DEMO);
    Path edited = folder.resolve("tokenizer.json");
    Files.writeString(
        edited, file.replace("<|fim_pre|>", "<think>").replace("<|fim_suf|>", "</think>"));
    Tokenizer tokenizer = Tokenizer.load(edited);
    assertThat(tokenizer.isSpecial(tokenizer.id("</think>").orElseThrow())).isTrue();
    int[] ids = tokenizer.encodeTrusted("<think>a</think>b<|fim_mid|><|im_end|>", false);
    assertThat(tokenizer.decode(ids, true)).isEqualTo("<think>a</think>b");
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
