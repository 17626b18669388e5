package org.lfm4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** {@code continue_final_message}, documents and templates from clients. */
class OpenEndTest {
  private static final ChatTemplate TEMPLATE = template();

  private static ChatTemplate template() {
    Path model = Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo");
    return ChatTemplate.load(model, Tokenizer.load(model.resolve("tokenizer.json")))
        .withSource(
            "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}");
  }

  private static ChatPrompt prompt(String last, boolean open, Optional<String> template) {
    return new ChatPrompt(
        List.of(
            Map.of("role", "user", "content", "Hi <lfm4j:the-text-goes-on-here>"),
            Map.of("role", "assistant", "content", last)),
        List.of(),
        false,
        Map.of(),
        List.of(Map.of("title", "T")),
        open,
        template);
  }

  private static String text(String last, boolean open) {
    return TEMPLATE.render(prompt(last, open, Optional.empty())).text();
  }

  @Test
  void theLastMessageStaysOpen() {
    String closed = text("Once upon ", false);
    assertThat(closed).endsWith("Once upon <|im_end|>\n");
    assertThat(text("Once upon ", true))
        .isEqualTo(closed.substring(0, closed.length() - "<|im_end|>\n".length()));
  }

  @Test
  void aMessageWithoutTextOrThatIsNotShownCantGoOn() {
    ChatPrompt empty =
        new ChatPrompt(
            List.of(Map.of("role", "assistant")),
            List.of(),
            false,
            Map.of(),
            List.of(),
            true,
            Optional.empty());
    assertThatThrownBy(() -> TEMPLATE.render(empty))
        .isInstanceOf(TextException.class)
        .hasMessageContaining("no text to continue");
    ChatTemplate deaf = TEMPLATE.withSource("{{ messages[0].role }}");
    assertThatThrownBy(() -> deaf.render(prompt("a", true, Optional.empty())))
        .isInstanceOf(TextException.class)
        .hasMessageContaining("does not show the final message");
  }

  @Test
  void documentsReachTheTemplate() {
    ChatTemplate other = TEMPLATE.withSource("{{ documents[0].title }}");
    assertThat(other.render(prompt("a", false, Optional.empty())).text()).isEqualTo("T");
  }
}
