package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminalChatTest {
  private final EchoModel model = new EchoModel();
  @TempDir Path directory;

  private String type(String keys) throws Exception {
    Conversation conversation = new Conversation(model.newChat(), System::nanoTime);
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    try (Terminal terminal =
        new DumbTerminal(new ByteArrayInputStream(keys.getBytes(StandardCharsets.UTF_8)), screen)) {
      new TerminalChat(conversation, "model summary")
          .run(terminal, directory.resolve("chat-history"));
    }
    return screen.toString(StandardCharsets.UTF_8);
  }

  @Test
  void answersUntilExit() throws Exception {
    assertThat(type("Hello there\n/exit\nnever read\n"))
        .containsSubsequence("model summary", "Hello there", "2 tokens, ", " tokens/s, first after")
        .doesNotContain("never read");
    assertThat(Files.readString(directory.resolve("chat-history"))).contains("Hello there");
  }

  @Test
  void commandsSteerTheConversation() throws Exception {
    String screen = type("one\n/reset\n/system be  kind\ntwo\n/nonsense\n/help\n");
    assertThat(model.prompts.getLast().messages())
        .containsExactly(
            Map.of("role", "system", "content", "be  kind"),
            Map.of("role", "user", "content", "two"));
    assertThat(screen)
        .contains("a new conversation", "system prompt set", "There is no command /nonsense.");
  }

  @Test
  void anErrorDoesNotEndTheChat() throws Exception {
    assertThat(type("w ".repeat(30) + "\nstill here\n"))
        .contains("the conversation has 30 tokens", "1 tokens, ".replace("1", "2"));
  }
}
