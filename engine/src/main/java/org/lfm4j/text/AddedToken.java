package org.lfm4j.text;

/**
 * An entry of {@code added_tokens}: text that is cut out of the input before BPE sees it.
 *
 * @param id its id
 * @param content its text
 * @param special whether decoding may skip it
 * @param singleWord whether it counts only where no word character touches it
 * @param takesLeft whether it swallows the blanks before it
 * @param takesRight whether it swallows the blanks after it
 * @param normalized whether it is looked for in a second pass, after normalization
 */
record AddedToken(
    int id,
    String content,
    boolean special,
    boolean singleWord,
    boolean takesLeft,
    boolean takesRight,
    boolean normalized) {

  /**
   * Returns whether user text must never become this token. Besides special tokens these are all of
   * the form {@code <|...|>}: files exist in which some of them are not marked special.
   */
  boolean control() {
    return special || hasControlForm();
  }

  /** Returns whether the text is written as control tokens are. */
  boolean hasControlForm() {
    return content.startsWith("<|") && content.endsWith("|>");
  }
}
