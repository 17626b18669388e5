package org.lfm4j.cli;

import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lfm4j.Chat;
import org.lfm4j.LanguageModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm chat}: in this process, without a server. */
@Command(
    name = "chat",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = {
      "Chats with a model in the terminal.",
      "With -p, or when standard input is no terminal, gives one answer on standard output."
    },
    footer = {
      "",
      "Try: lfm chat -p \"What is 37 + 48?\"",
      "     echo \"Sort: pear, fig, apple\" | lfm chat   (all of standard input is one prompt)"
    })
final class ChatCommand implements Callable<Integer> {
  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ModelOptions model = new ModelOptions();
  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "TEXT",
      description = "Give one answer to TEXT and exit.")
  private @Nullable String prompt;

  @Option(names = "--system", paramLabel = "TEXT", description = "System prompt.")
  private String system = "";

  ChatCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    Path directory = model.path(loader);
    int maxTokens = sampling.maxTokens();
    try (LanguageModel loaded = loader.load(directory, model.loadOptions(), progress -> {})) {
      Chat chat = loaded.newChat();
      chat.system(system);
      chat.sampling(sampling.over(loaded.generationConfig().sampling()));
      chat.maxTokens(maxTokens);
      Conversation conversation = new Conversation(chat, System::nanoTime);
      if (prompt != null) {
        return once(conversation, prompt);
      }
      if (!atTerminal()) {
        return once(conversation, read(System.in));
      }
      return new TerminalChat(conversation, ModelSummary.of(loaded, model.name())).run();
    }
  }

  private static boolean atTerminal() {
    return Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
  }

  private static String read(InputStream in) throws IOException {
    return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  private int once(Conversation conversation, String text) throws InterruptedException {
    if (text.isEmpty()) {
      throw new CliException("There is no prompt: give one with -p or on standard input.");
    }
    PrintWriter out = spec.commandLine().getOut();
    conversation.say(
        text,
        generation -> {},
        piece -> {
          out.print(piece);
          out.flush();
        });
    out.println();
    out.flush();
    return 0;
  }
}
