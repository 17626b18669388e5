package org.lfm4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.gguf.GgufMix;
import org.lfm4j.text.ChatPrompt;

/** The demo model, quantised and loaded again. */
class ModelQuantiserTest {
  private static final Path DEMO =
      Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo");
  private static final List<String> TEXTS =
      List.of(
          "What is 37 + 48?",
          "  blanks\n\n and <|im_start|>user look-alikes",
          "Ümläute, 漢字, emoji 🙂 and 12345 numbers");

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource(GgufMix.class)
  void theFileServesAsTheDirectoryDoes(GgufMix mix) throws InterruptedException {
    Path file = directory.resolve("demo.gguf");
    ModelQuantiser.quantise(DEMO, mix, file);
    try (LanguageModel original = LanguageModel.load(DEMO);
        LanguageModel model = LanguageModel.load(file)) {
      assertThat(model.config()).isEqualTo(original.config());
      assertThat(model.generationConfig()).isEqualTo(original.generationConfig());
      for (String text : TEXTS) {
        assertThat(model.tokenizer().encode(text, true))
            .isEqualTo(original.tokenizer().encode(text, true));
        assertThat(model.tokenizer().encodeTrusted(text, true))
            .isEqualTo(original.tokenizer().encodeTrusted(text, true));
        ChatPrompt prompt = new ChatPrompt(List.of(ChatMessage.user(text).forTemplate()));
        assertThat(model.encode(prompt)).isEqualTo(original.encode(prompt));
      }
      for (int id = 0; id < model.tokenizer().vocabSize(); id++) {
        assertThat(model.tokenizer().bytes(id)).isEqualTo(original.tokenizer().bytes(id));
        assertThat(model.tokenizer().isSpecial(id)).isEqualTo(original.tokenizer().isSpecial(id));
      }
      assertThat(model.chat("What is 37 + 48?")).contains("85");
    }
  }

  @Test
  void quantisingTwiceIsRefused() {
    Path file = directory.resolve("demo.gguf");
    ModelQuantiser.quantise(DEMO, GgufMix.Q8_0, file);
    assertThatThrownBy(() -> ModelQuantiser.quantise(file, GgufMix.Q4_0, file))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("start from the original");
  }
}
