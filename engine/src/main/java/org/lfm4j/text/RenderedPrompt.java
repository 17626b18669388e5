package org.lfm4j.text;

/**
 * What a chat template produced. Control tokens that the template wrote are told from look-alikes
 * in user text by {@code guard}: it stands inside every look-alike and nowhere else, so that user
 * text can never become a control token.
 *
 * @param guarded the rendered text with guards
 * @param guard the guard character, absent from all input
 */
public record RenderedPrompt(String guarded, char guard) {

  /** Returns the text as people see it, without guards. */
  public String text() {
    return guarded.replace(String.valueOf(guard), "");
  }
}
