package org.lfm4j.sampling.grammar;

import java.util.ArrayList;
import java.util.List;

/**
 * Reads regular expressions as ECMA-262 writes them (with the flag {@code u}), as far as they are
 * regular: no look-around, no back-references, no word boundaries.
 */
final class RegexParser {
  private static final String SYNTAX = "^$\\.*+?()[]{}|/-";

  private final Scanner in;

  private RegexParser(String what, String regex) {
    this.in = new Scanner(what, regex);
  }

  /** Parses an expression in which {@link Expression.Anchor}s may stand anywhere. */
  static Expression parse(String what, String regex) {
    RegexParser parser = new RegexParser(what, regex);
    Expression expression = parser.alternatives();
    if (parser.in.peek() != Scanner.END) {
      throw parser.in.error("has a ) that nothing opens");
    }
    return expression;
  }

  /** Parses an expression that a whole output must match; anchors at its ends mean nothing more. */
  static Expression parseWhole(String what, String regex) {
    return withoutOuterAnchors(parse(what, regex));
  }

  private static Expression withoutOuterAnchors(Expression expression) {
    if (expression instanceof Expression.Choice choice) {
      return new Expression.Choice(
          choice.options().stream().map(RegexParser::withoutOuterAnchors).toList());
    }
    if (expression instanceof Expression.Anchor) {
      return Expression.EMPTY;
    }
    if (expression instanceof Expression.Sequence sequence) {
      List<Expression> parts = new ArrayList<>(sequence.parts());
      while (!parts.isEmpty() && isAnchor(parts.getFirst(), CharNfa.BEGIN)) {
        parts.removeFirst();
      }
      while (!parts.isEmpty() && isAnchor(parts.getLast(), CharNfa.END)) {
        parts.removeLast();
      }
      return new Expression.Sequence(parts);
    }
    return expression;
  }

  private static boolean isAnchor(Expression expression, int sentinel) {
    return expression instanceof Expression.Anchor anchor && anchor.sentinel() == sentinel;
  }

  private Expression alternatives() {
    in.enter();
    List<Expression> options = new ArrayList<>(List.of(sequence()));
    while (in.take('|')) {
      options.add(sequence());
    }
    in.leave();
    return options.size() == 1 ? options.getFirst() : new Expression.Choice(options);
  }

  private Expression sequence() {
    List<Expression> parts = new ArrayList<>();
    while (in.peek() != Scanner.END && in.peek() != '|' && in.peek() != ')') {
      parts.add(quantified());
    }
    return new Expression.Sequence(parts);
  }

  private Expression quantified() {
    Expression body = atom();
    int c = in.peek();
    boolean counted = c == '{' && isDigit(in.peek(1));
    if (c != '*' && c != '+' && c != '?' && !counted) {
      return body;
    }
    if (body instanceof Expression.Anchor) {
      throw in.error("repeats an anchor");
    }
    in.next();
    Expression result =
        switch (c) {
          case '*' -> Expression.any(body);
          case '+' -> new Expression.Repeat(body, 1, Expression.UNBOUNDED);
          case '?' -> Expression.optional(body);
          default -> in.repeat(body);
        };
    // Which match a lazy repetition prefers makes no difference to what matches.
    in.take('?');
    if (in.peek() == '*' || in.peek() == '+' || in.peek() == '?') {
      throw in.error("repeats a repetition");
    }
    return result;
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  private Expression atom() {
    int c = in.next();
    return switch (c) {
      case '(' -> group();
      case '[' -> new Expression.Chars(set());
      case '.' -> new Expression.Chars(RegexClasses.DOT);
      case '^' -> new Expression.Anchor(CharNfa.BEGIN);
      case '$' -> new Expression.Anchor(CharNfa.END);
      case '\\' -> new Expression.Chars(escape());
      case '*', '+', '?' -> throw in.error("repeats nothing");
      default -> new Expression.Chars(CharSet.of(c));
    };
  }

  private Expression group() {
    if (in.take('?')) {
      if (in.take('<') && in.peek() != '=' && in.peek() != '!') {
        in.takeWhile(c -> c == '_' || c == '$' || Character.isLetterOrDigit(c));
        in.expect('>');
      } else if (!in.take(':')) {
        throw in.error(
            "has a group that is not supported: no look-ahead, look-behind or flags, write (?:...)");
      }
    }
    Expression body = alternatives();
    in.expect(')');
    return body;
  }

  private CharSet escape() {
    int c = in.next();
    return switch (c) {
      case 'd' -> RegexClasses.DIGIT;
      case 'D' -> RegexClasses.DIGIT.not();
      case 'w' -> RegexClasses.WORD;
      case 'W' -> RegexClasses.WORD.not();
      case 's' -> RegexClasses.SPACE;
      case 'S' -> RegexClasses.SPACE.not();
      case 'p' -> property();
      case 'P' -> property().not();
      case 'n' -> CharSet.of('\n');
      case 'r' -> CharSet.of('\r');
      case 't' -> CharSet.of('\t');
      case 'f' -> CharSet.of('\f');
      case 'v' -> CharSet.of(0x0b);
      case '0' -> CharSet.of(0);
      case 'c' -> CharSet.of(in.next() & 31);
      case 'x' -> CharSet.of(in.hex(2));
      case 'u' -> CharSet.of(unicode());
      default -> {
        if (SYNTAX.indexOf(c) < 0 && (Character.isLetterOrDigit(c) || c == '_')) {
          throw in.error(
              "has the escape \\%s, which is not supported".formatted(Character.toString(c)));
        }
        yield CharSet.of(c);
      }
    };
  }

  private int unicode() {
    if (in.take('{')) {
      String digits = in.takeWhile(c -> Character.digit(c, 16) >= 0);
      in.expect('}');
      if (digits.isEmpty() || digits.length() > 6 || Integer.parseInt(digits, 16) > CharSet.MAX) {
        throw in.error("has a character beyond U+10FFFF");
      }
      return Integer.parseInt(digits, 16);
    }
    int first = in.hex(4);
    int mark = in.position();
    if (Character.isHighSurrogate((char) first) && in.take("\\u") && in.peek() != '{') {
      int second = in.hex(4);
      if (Character.isLowSurrogate((char) second)) {
        return Character.toCodePoint((char) first, (char) second);
      }
    }
    in.reset(mark);
    return first;
  }

  private CharSet property() {
    in.expect('{');
    String name = in.takeWhile(c -> c != '}' && c != Scanner.END);
    in.expect('}');
    return RegexClasses.category(name)
        .orElseThrow(() ->
            in.error(
                "has the property %s, which is not supported: name a general category such as L or Lu"
                    .formatted(name)));
  }

  private CharSet set() {
    boolean negated = in.take('^');
    List<CharSet> members = new ArrayList<>();
    while (!in.take(']')) {
      int mark = in.position();
      CharSet first = member();
      if (in.peek() == '-' && in.peek(1) != ']' && in.peek(1) != Scanner.END) {
        in.next();
        members.add(range(first, member(), mark));
      } else {
        members.add(first);
      }
    }
    CharSet set = CharSet.union(members);
    return negated ? set.not() : set;
  }

  private CharSet range(CharSet first, CharSet last, int mark) {
    int low = single(first, mark);
    int high = single(last, mark);
    if (low > high) {
      in.reset(mark);
      throw in.error("has a range that runs backwards");
    }
    return CharSet.range(low, high);
  }

  private int single(CharSet set, int mark) {
    List<int[]> ranges = set.ranges();
    if (ranges.size() != 1 || ranges.getFirst()[0] != ranges.getFirst()[1]) {
      in.reset(mark);
      throw in.error("has a range between classes");
    }
    return ranges.getFirst()[0];
  }

  private CharSet member() {
    int c = in.next();
    if (c != '\\') {
      return CharSet.of(c);
    }
    return in.take('b') ? CharSet.of('\b') : escape();
  }
}
