package org.lfm4j.text.jinja;

import java.util.HexFormat;
import java.util.Optional;

/** Python's notions about characters: blanks, escapes, what can be printed. */
final class PythonText {
  private static final String SIMPLE_ESCAPES = "abfnrtv\\'\"";
  private static final String SIMPLE_VALUES = "\u0007\b\f\n\r\t\u000B\\'\"";

  private PythonText() {}

  /**
   * Python's {@code str.isspace} of one character, the file separators U+001C to U+001F included.
   */
  static boolean isSpace(char c) {
    return c == ' '
        || (c >= '\t' && c <= '\r')
        || (c >= 0x1C && c <= 0x1F)
        || c == 0x85
        || c == 0xA0
        || (c >= 0x1680 && Character.isSpaceChar(c));
  }

  /** Returns where a text ends without the blanks at its end. */
  static int stripEnd(String text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  /** Python's {@code str.isprintable} of one code point. */
  static boolean isPrintable(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> codePoint == ' ';
      default -> true;
    };
  }

  /** Resolves the escapes of a string literal; an unknown one stays as it is. */
  static String unescape(String written) {
    StringBuilder text = new StringBuilder();
    int i = 0;
    while (i < written.length()) {
      char c = written.charAt(i++);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escape = written.charAt(i);
      int simple = SIMPLE_ESCAPES.indexOf(escape);
      int digits = escape == 'x' ? 2 : escape == 'u' ? 4 : escape == 'U' ? 8 : 0;
      Optional<Integer> code = hex(written, i + 1, digits);
      if (escape == '\n') {
        i++;
      } else if (simple >= 0) {
        text.append(SIMPLE_VALUES.charAt(simple));
        i++;
      } else if (code.isPresent()) {
        text.appendCodePoint(code.get());
        i += 1 + digits;
      } else if (escape >= '0' && escape <= '7') {
        int end = i;
        while (end < written.length()
            && end < i + 3
            && Character.digit(written.charAt(end), 8) >= 0) {
          end++;
        }
        text.append((char) Integer.parseInt(written.substring(i, end), 8));
        i = end;
      } else if (digits > 0) {
        throw new TemplateException("bad escape in the string '" + written + "'");
      } else {
        text.append('\\');
      }
    }
    return text.toString();
  }

  private static Optional<Integer> hex(String written, int from, int digits) {
    if (digits == 0 || from + digits > written.length()) {
      return Optional.empty();
    }
    int code = 0;
    for (int i = from; i < from + digits; i++) {
      if (!HexFormat.isHexDigit(written.charAt(i))) {
        return Optional.empty();
      }
      code = code << 4 | HexFormat.fromHexDigit(written.charAt(i));
    }
    return Character.isValidCodePoint(code) ? Optional.of(code) : Optional.empty();
  }
}
