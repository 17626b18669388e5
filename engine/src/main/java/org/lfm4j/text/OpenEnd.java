package org.lfm4j.text;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Leaves the last message of a rendered conversation open, as {@code continue_final_message} of
 * Hugging Face's {@code apply_chat_template} does: a sign is put behind the message, and the
 * rendered text is cut where it shows.
 */
final class OpenEnd {
  private static final String SIGN = "<lfm4j:the-text-goes-on-here>";

  private OpenEnd() {}

  /**
   * Puts the sign behind the last message.
   *
   * @throws TextException if there is none with text
   */
  static List<Map<String, Object>> sign(List<Map<String, Object>> messages) {
    if (messages.isEmpty() || !(messages.getLast().get("content") instanceof String text)) {
      throw new TextException("the final message has no text to continue");
    }
    Map<String, Object> last = new LinkedHashMap<>(messages.getLast());
    last.put("content", text + SIGN);
    List<Map<String, Object>> signed = new ArrayList<>(messages);
    signed.set(signed.size() - 1, last);
    return signed;
  }

  /**
   * Cuts a rendered conversation before the sign.
   *
   * @throws TextException if the template does not show the last message
   */
  static RenderedPrompt cut(RenderedPrompt prompt) {
    int at = prompt.marked().lastIndexOf(SIGN);
    if (at < 0) {
      throw new TextException(
          "the chat template does not show the final message, so it can't be continued");
    }
    return new RenderedPrompt(prompt.marked().substring(0, at), prompt.mark());
  }
}
