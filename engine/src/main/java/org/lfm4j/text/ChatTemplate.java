package org.lfm4j.text;

import java.nio.file.Path;

/** Renders conversations as the model was trained to see them. Thread-safe. */
public final class ChatTemplate {
  private ChatTemplate() {}

  /**
   * Loads {@code chat_template.jinja}, or else {@code chat_template} of tokenizer_config.json.
   *
   * @throws TextException if there is none or it has a syntax error
   */
  public static ChatTemplate load(Path modelDirectory, Tokenizer tokenizer) {
    throw new TextException("not built yet: " + modelDirectory + tokenizer.vocabSize());
  }

  /**
   * Renders a conversation.
   *
   * @throws TextException if the template refuses it ({@code raise_exception}) or fails
   */
  public RenderedPrompt render(ChatPrompt prompt) {
    throw new TextException("not built yet: " + prompt);
  }
}
