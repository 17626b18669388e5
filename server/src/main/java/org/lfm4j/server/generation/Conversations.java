package org.lfm4j.server.generation;

import org.lfm4j.LanguageModel;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.TextException;

/** Turns conversations into tokens. */
public final class Conversations {
  private Conversations() {}

  /**
   * Renders a conversation with the model's template and encodes it.
   *
   * @param field where the request has its messages
   * @throws ApiException naming the field if the template refuses it
   */
  public static int[] encode(LanguageModel model, ChatPrompt prompt, String field) {
    try {
      return model.encode(prompt);
    } catch (TextException e) {
      throw ApiException.badRequest(field, "The conversation can't be used: " + e.getMessage());
    }
  }
}
