package org.lfm4j.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.Terminal.Signal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;

/** A conversation at a terminal. */
final class TerminalChat {
  private static final String HELP =
      """
      /system TEXT  sets the system prompt (without TEXT: none)
      /reset        forgets the conversation
      /exit         leaves, as does Ctrl-D; Ctrl-C stops an answer\
      """;

  private final Conversation conversation;
  private final String summary;

  TerminalChat(Conversation conversation, String summary) {
    this.conversation = conversation;
    this.summary = summary;
  }

  /** Reads, answers and repeats until the user leaves. */
  int run() throws IOException, InterruptedException {
    try (Terminal terminal = TerminalBuilder.builder().system(true).build()) {
      run(terminal, historyFile());
    }
    return 0;
  }

  /** The same at a given terminal; lines are remembered in {@code history}. */
  void run(Terminal terminal, Path history) throws InterruptedException {
    LineReader reader =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .variable(LineReader.HISTORY_FILE, history)
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
    dim(terminal, summary + "\n/help lists commands");
    String prompt = style("> ", AttributedStyle.BOLD).toAnsi(terminal);
    boolean goesOn = true;
    while (goesOn) {
      try {
        goesOn = handle(reader.readLine(prompt).strip(), terminal);
      } catch (UserInterruptException e) {
        dim(terminal, "Ctrl-D or /exit leaves");
      } catch (EndOfFileException e) {
        goesOn = false;
      }
    }
  }

  /** Returns whether the conversation goes on. */
  private boolean handle(String line, Terminal terminal) throws InterruptedException {
    String[] words = line.split("\\s+", 2);
    switch (words[0]) {
      case "" -> {}
      case "/exit", "/quit" -> {
        return false;
      }
      case "/help" -> dim(terminal, HELP);
      case "/reset" -> {
        conversation.reset();
        dim(terminal, "a new conversation");
      }
      case "/system" -> {
        conversation.system(words.length > 1 ? words[1] : "");
        dim(terminal, words.length > 1 ? "system prompt set" : "no system prompt");
      }
      default -> {
        if (line.startsWith("/")) {
          dim(terminal, "There is no command " + words[0] + ".\n" + HELP);
        } else {
          answer(line, terminal);
        }
      }
    }
    return true;
  }

  private void answer(String text, Terminal terminal) throws InterruptedException {
    Terminal.SignalHandler before = terminal.handle(Signal.INT, Terminal.SignalHandler.SIG_IGN);
    try {
      Conversation.Stats stats =
          conversation.say(
              text,
              generation -> terminal.handle(Signal.INT, signal -> generation.close()),
              piece -> {
                terminal.writer().print(piece);
                terminal.flush();
              });
      terminal.writer().println();
      dim(terminal, statistics(stats));
    } catch (RuntimeException e) {
      if (!Errors.foreseen(e)) {
        throw e;
      }
      dim(terminal, String.valueOf(e.getMessage()));
    } finally {
      terminal.handle(Signal.INT, before);
    }
  }

  static String statistics(Conversation.Stats stats) {
    if (stats.tokens() == 0) {
      return "no answer";
    }
    return String.format(
        Locale.ROOT,
        "%d tokens, %.1f tokens/s, first after %.2f s",
        stats.tokens(),
        stats.tokensPerSecond(),
        stats.secondsToFirst());
  }

  private static void dim(Terminal terminal, String text) {
    for (String line : text.lines().toList()) {
      terminal.writer().println(style(line, AttributedStyle.DEFAULT.faint()).toAnsi(terminal));
    }
    terminal.flush();
  }

  private static AttributedString style(String text, AttributedStyle style) {
    return new AttributedString(text, style);
  }

  private static Path historyFile() throws IOException {
    String state = System.getenv("XDG_STATE_HOME");
    Path base =
        state == null || state.isBlank()
            ? Path.of(System.getProperty("user.home"), ".local", "state")
            : Path.of(state);
    Path directory = Files.createDirectories(base.resolve("lfm4j"));
    return directory.resolve("chat-history");
  }
}
