package org.lfm4j.text;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds added tokens in text: leftmost first, the longest of those that start at one place, as
 * Hugging Face's tokenizers do. Thread-safe.
 */
final class AddedTokens {
  /** Receives the parts of a text in order. */
  interface Parts {
    void text(String text);

    void token(int id);
  }

  private static final class Node {
    final Map<Character, Node> next = new HashMap<>();
    Optional<AddedToken> token = Optional.empty();
  }

  private final Node root = new Node();

  AddedTokens(List<AddedToken> tokens) {
    for (AddedToken token : tokens) {
      Node node = root;
      for (int i = 0; i < token.content().length(); i++) {
        node = node.next.computeIfAbsent(token.content().charAt(i), c -> new Node());
      }
      node.token = Optional.of(token);
    }
  }

  boolean isEmpty() {
    return root.next.isEmpty();
  }

  /** Returns the longest token that starts at {@code from}. */
  Optional<AddedToken> at(String text, int from) {
    Optional<AddedToken> longest = Optional.empty();
    Node node = root;
    for (int i = from; i < text.length(); i++) {
      Node following = node.next.get(text.charAt(i));
      if (following == null) {
        break;
      }
      node = following;
      if (node.token.isPresent()) {
        longest = node.token;
      }
    }
    return longest;
  }

  /** Cuts a text into added tokens and what lies between them. */
  void split(String text, Parts parts) {
    int done = 0;
    int i = isEmpty() ? text.length() : 0;
    while (i < text.length()) {
      Optional<AddedToken> found = at(text, i);
      if (found.isEmpty()) {
        i++;
        continue;
      }
      AddedToken token = found.get();
      int start = i;
      int end = i + token.content().length();
      i = end;
      if (token.singleWord() && touchesWord(text, start, end)) {
        continue;
      }
      if (token.takesLeft()) {
        while (start > done && isBlank(text.charAt(start - 1))) {
          start--;
        }
      }
      if (token.takesRight()) {
        while (end < text.length() && isBlank(text.charAt(end))) {
          end++;
        }
      }
      if (start < done) {
        continue;
      }
      if (done < start) {
        parts.text(text.substring(done, start));
      }
      parts.token(token.id());
      done = end;
      i = end;
    }
    if (done < text.length()) {
      parts.text(text.substring(done));
    }
  }

  private static boolean touchesWord(String text, int start, int end) {
    return (start > 0 && isWord(text.codePointBefore(start)))
        || (end < text.length() && isWord(text.codePointAt(end)));
  }

  private static boolean isWord(int codePoint) {
    int type = Character.getType(codePoint);
    return Character.isAlphabetic(codePoint)
        || Character.isDigit(codePoint)
        || type == Character.CONNECTOR_PUNCTUATION
        || type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.COMBINING_SPACING_MARK;
  }

  private static boolean isBlank(char c) {
    return PreTokenizer.isWhiteSpace(c);
  }
}
