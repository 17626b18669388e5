package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into tokens, with trim_blocks and lstrip_blocks on (jinja2's documentation,
 * "Whitespace Control").
 */
final class Lexer {
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "(", ")", "[", "]", "{",
          "}", ">", "<", "=", ".", ":", "|", ",");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    String unix = source.replace("\r\n", "\n").replace('\r', '\n');
    Lexer lexer = new Lexer(unix.endsWith("\n") ? unix.substring(0, unix.length() - 1) : unix);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < source.length()) {
      int tag = nextTag();
      if (tag < 0) {
        add(Token.Kind.TEXT, source.substring(at));
        at = source.length();
        break;
      }
      text(tag);
      char kind = source.charAt(tag + 1);
      moveTo(tag + 2);
      if (at < source.length() && (source.charAt(at) == '-' || source.charAt(at) == '+')) {
        at++;
      }
      switch (kind) {
        case '#' -> comment();
        case '{' -> inside(Token.Kind.PRINT_BEGIN, Token.Kind.PRINT_END, "}}");
        default -> {
          if (!raw()) {
            inside(Token.Kind.BLOCK_BEGIN, Token.Kind.BLOCK_END, "%}");
          }
        }
      }
    }
    add(Token.Kind.END, "");
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** Adds the text before a tag, without the blanks that the tag takes away. */
  private void text(int tag) {
    String text = source.substring(at, tag);
    char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
    int end = text.length();
    if (sign == '-') {
      end = PythonText.stripEnd(text);
    } else if (sign != '+' && source.charAt(tag + 1) != '{') {
      int lineStart = text.lastIndexOf('\n') + 1;
      boolean startsLine = lineStart > 0 || at == 0 || source.charAt(at - 1) == '\n';
      if (startsLine && PythonText.stripEnd(text.substring(lineStart)) == 0) {
        end = lineStart;
      }
    }
    if (end > 0) {
      add(Token.Kind.TEXT, text.substring(0, end));
    }
    moveTo(tag);
  }

  private void comment() {
    int end = source.indexOf("#}", at);
    if (end < 0) {
      throw new TemplateException(line, "a comment has no end: write '#}'");
    }
    boolean strips = end > at && source.charAt(end - 1) == '-';
    boolean keeps = end > at && source.charAt(end - 1) == '+';
    moveTo(end + 2);
    afterTag(strips, keeps);
  }

  /** Moves over what a closing tag swallows: all blanks, or one newline. */
  private void afterTag(boolean strips, boolean keeps) {
    int i = at;
    if (strips) {
      while (i < source.length() && PythonText.isSpace(source.charAt(i))) {
        i++;
      }
    } else if (!keeps && i < source.length() && source.charAt(i) == '\n') {
      i++;
    }
    moveTo(i);
  }

  /** Reads {@code raw} up to {@code endraw} if the tag is one. */
  private boolean raw() {
    int end = tagNamed("raw", at);
    if (end < 0) {
      return false;
    }
    moveTo(end);
    if (source.charAt(end - 3) == '-') {
      afterTag(true, false);
    }
    for (int tag = source.indexOf("{%", at); tag >= 0; tag = source.indexOf("{%", tag + 1)) {
      int name = tag + 2;
      if (name < source.length() && "-+".indexOf(source.charAt(name)) >= 0) {
        name++;
      }
      int after = tagNamed("endraw", name);
      if (after >= 0) {
        text(tag);
        moveTo(after);
        char sign = source.charAt(after - 3);
        afterTag(sign == '-', sign == '+');
        return true;
      }
    }
    throw new TemplateException(line, "'raw' has no end: write '{% endraw %}'");
  }

  /**
   * Returns where the tag of this name that starts at {@code from} ends, or -1 if it is another.
   */
  private int tagNamed(String name, int from) {
    int i = skipSpace(from);
    if (!source.startsWith(name, i)) {
      return -1;
    }
    i = skipSpace(i + name.length());
    if (i < source.length() && (source.charAt(i) == '-' || source.charAt(i) == '+')) {
      i++;
    }
    return source.startsWith("%}", i) ? i + 2 : -1;
  }

  private int skipSpace(int from) {
    int i = from;
    while (i < source.length() && PythonText.isSpace(source.charAt(i))) {
      i++;
    }
    return i;
  }

  private void inside(Token.Kind begin, Token.Kind end, String close) {
    add(begin, "");
    int open = 0;
    while (true) {
      moveTo(skipSpace(at));
      if (at >= source.length()) {
        throw new TemplateException(line, "a tag has no end: write '" + close + "'");
      }
      if (open == 0) {
        char sign = source.charAt(at);
        boolean signed = sign == '-' || (sign == '+' && end == Token.Kind.BLOCK_END);
        int closing = signed && source.startsWith(close, at + 1) ? at + 1 : at;
        if (source.startsWith(close, closing)) {
          add(end, "");
          boolean strips = closing > at && sign == '-';
          boolean keeps = closing > at || end == Token.Kind.PRINT_END;
          moveTo(closing + 2);
          afterTag(strips, keeps);
          return;
        }
      }
      open += token();
    }
  }

  /** Reads one token and returns how many brackets it opens, less those it closes. */
  private int token() {
    char c = source.charAt(at);
    if (c == '"' || c == '\'') {
      string(c);
      return 0;
    }
    if (isDigit(c)) {
      number();
      return 0;
    }
    if (Character.isUnicodeIdentifierStart(c) || c == '_') {
      int i = at;
      while (i < source.length() && Character.isUnicodeIdentifierPart(source.charAt(i))) {
        i++;
      }
      add(Token.Kind.NAME, source.substring(at, i));
      at = i;
      return 0;
    }
    for (String operator : OPERATORS) {
      if (source.startsWith(operator, at)) {
        add(Token.Kind.OPERATOR, operator);
        at += operator.length();
        return "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
      }
    }
    throw new TemplateException(line, "unexpected character '" + c + "'");
  }

  private void string(char quote) {
    int i = at + 1;
    while (i < source.length() && source.charAt(i) != quote) {
      i += source.charAt(i) == '\\' ? 2 : 1;
    }
    if (i >= source.length()) {
      throw new TemplateException(line, "a string has no end: write " + quote);
    }
    add(Token.Kind.STRING, PythonText.unescape(source.substring(at + 1, i)));
    moveTo(i + 1);
  }

  private void number() {
    int i = at;
    boolean radix =
        source.charAt(i) == '0'
            && i + 1 < source.length()
            && "xXoObB".indexOf(source.charAt(i + 1)) >= 0;
    boolean fraction = false;
    if (radix) {
      i += 2;
      while (i < source.length()
          && (Character.digit(source.charAt(i), 16) >= 0 || source.charAt(i) == '_')) {
        i++;
      }
    } else {
      i = digits(i);
      boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
      if (!afterDot
          && i + 1 < source.length()
          && source.charAt(i) == '.'
          && isDigit(source.charAt(i + 1))) {
        fraction = true;
        i = digits(i + 1);
      }
      if (!afterDot && i < source.length() && (source.charAt(i) | 0x20) == 'e') {
        int exponent = i + 1;
        if (exponent < source.length() && "+-".indexOf(source.charAt(exponent)) >= 0) {
          exponent++;
        }
        if (exponent < source.length() && isDigit(source.charAt(exponent))) {
          fraction = true;
          i = digits(exponent);
        }
      }
    }
    add(fraction ? Token.Kind.FLOAT : Token.Kind.INTEGER, source.substring(at, i).replace("_", ""));
    at = i;
  }

  private int digits(int from) {
    int i = from;
    while (i < source.length() && (isDigit(source.charAt(i)) || source.charAt(i) == '_')) {
      i++;
    }
    return i;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private void add(Token.Kind kind, String text) {
    tokens.add(new Token(kind, text, line));
  }

  private void moveTo(int position) {
    for (int i = at; i < position; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
    at = position;
  }
}
