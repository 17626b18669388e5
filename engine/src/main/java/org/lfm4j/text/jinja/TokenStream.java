package org.lfm4j.text.jinja;

import java.util.List;

/** Tokens with one of look-ahead. */
final class TokenStream {
  /** Deeper nesting than any template has, and shallow enough for any stack. */
  private static final int MAX_NESTING = 100;

  private final List<Token> tokens;
  private int at;
  private int nesting;

  TokenStream(List<Token> tokens) {
    this.tokens = tokens;
  }

  Token peek() {
    return tokens.get(at);
  }

  Token peekSecond() {
    return tokens.get(Math.min(at + 1, tokens.size() - 1));
  }

  Token next() {
    Token token = peek();
    if (token.kind() != Token.Kind.END) {
      at++;
    }
    return token;
  }

  boolean peekOperator(String operator) {
    return peek().is(Token.Kind.OPERATOR, operator);
  }

  boolean peekName(String name) {
    return peek().is(Token.Kind.NAME, name);
  }

  boolean skipOperator(String operator) {
    return skip(Token.Kind.OPERATOR, operator);
  }

  boolean skipName(String name) {
    return skip(Token.Kind.NAME, name);
  }

  private boolean skip(Token.Kind kind, String text) {
    boolean found = peek().is(kind, text);
    if (found) {
      at++;
    }
    return found;
  }

  void expectOperator(String operator) {
    if (!skipOperator(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  Token expect(Token.Kind kind, String what) {
    if (peek().kind() != kind) {
      throw unexpected(what);
    }
    return next();
  }

  TemplateException unexpected(String expected) {
    return new TemplateException(peek().line(), "expected " + expected + ", found " + peek());
  }

  void enter() {
    if (++nesting > MAX_NESTING) {
      throw new TemplateException(peek().line(), "nested more than " + MAX_NESTING + " deep");
    }
  }

  void leave() {
    nesting--;
  }
}
