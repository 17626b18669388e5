package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Parses expressions; methods stand in the order of precedence, loosest first. */
final class ExpressionParser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
  private static final Set<String> NO_TEST_ARGUMENT =
      Set.of("else", "or", "and", "is", "if", "not", "in");

  private final TokenStream tokens;
  private final List<String> controlTokens;

  ExpressionParser(TokenStream tokens, List<String> controlTokens) {
    this.tokens = tokens;
    this.controlTokens = controlTokens;
  }

  /** An expression, or several with commas between them, which make a tuple. */
  Expression tupleOrExpression() {
    Expression first = expression();
    if (!tokens.peekOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",") && startsExpression()) {
      items.add(expression());
    }
    return new Expression.TupleOf(items);
  }

  private boolean startsExpression() {
    Token token = tokens.peek();
    return switch (token.kind()) {
      case NAME -> !token.text().equals("in");
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> "([{-+".contains(token.text());
      default -> false;
    };
  }

  Expression expression() {
    tokens.enter();
    Expression value = or();
    while (tokens.skipName("if")) {
      Expression test = or();
      Optional<Expression> otherwise =
          tokens.skipName("else") ? Optional.of(expression()) : Optional.empty();
      value = new Expression.Conditional(test, value, otherwise);
    }
    tokens.leave();
    return value;
  }

  /** An expression that leaves a following {@code if} alone. */
  Expression unconditional() {
    return or();
  }

  private Expression or() {
    Expression left = and();
    while (tokens.skipName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (tokens.skipName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    if (!tokens.skipName("not")) {
      return comparison();
    }
    tokens.enter();
    Expression operand = not();
    tokens.leave();
    return new Expression.Not(operand);
  }

  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> rest = new ArrayList<>();
    while (true) {
      Token token = tokens.peek();
      if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        operators.add(tokens.next().text());
      } else if (tokens.skipName("in")) {
        operators.add("in");
      } else if (tokens.peekName("not") && tokens.peekSecond().is(Token.Kind.NAME, "in")) {
        tokens.next();
        tokens.next();
        operators.add("not in");
      } else {
        break;
      }
      rest.add(sum());
    }
    return rest.isEmpty() ? first : new Expression.Comparison(first, operators, rest);
  }

  private Expression sum() {
    Expression left = joined();
    while (tokens.peekOperator("+") || tokens.peekOperator("-")) {
      left = new Expression.Binary(tokens.next().text(), left, joined());
    }
    return left;
  }

  private Expression joined() {
    Expression first = product();
    if (!tokens.peekOperator("~")) {
      return first;
    }
    List<Expression> parts = new ArrayList<>(List.of(first));
    while (tokens.skipOperator("~")) {
      parts.add(product());
    }
    return new Expression.Joined(parts);
  }

  private Expression product() {
    Expression left = power();
    while (tokens.peek().kind() == Token.Kind.OPERATOR
        && Set.of("*", "/", "//", "%").contains(tokens.peek().text())) {
      left = new Expression.Binary(tokens.next().text(), left, power());
    }
    return left;
  }

  private Expression power() {
    Expression left = unary(true);
    while (tokens.skipOperator("**")) {
      left = new Expression.Binary("**", left, unary(true));
    }
    return left;
  }

  private Expression unary(boolean withFilters) {
    tokens.enter();
    Expression value;
    if (tokens.peekOperator("-") || tokens.peekOperator("+")) {
      value = new Expression.Sign(tokens.next().text().equals("-"), unary(false));
    } else {
      value = primary();
    }
    value = postfix(value);
    if (withFilters) {
      value = filtersAndTests(value);
    }
    tokens.leave();
    return value;
  }

  private Expression primary() {
    Token token = tokens.next();
    return switch (token.kind()) {
      case NAME -> name(token.text());
      case STRING -> string(token);
      case INTEGER -> new Expression.Literal(Numbers.parse(token.text()));
      case FLOAT -> new Expression.Literal(Double.parseDouble(token.text()));
      case OPERATOR -> bracketed(token);
      default ->
          throw new TemplateException(token.line(), "expected an expression, found " + token);
    };
  }

  private static Expression name(String name) {
    return switch (name) {
      case "true", "True" -> new Expression.Literal(true);
      case "false", "False" -> new Expression.Literal(false);
      case "none", "None" -> new Expression.Literal(None.NONE);
      default -> new Expression.Name(name);
    };
  }

  private Expression string(Token first) {
    StringBuilder text = new StringBuilder(first.text());
    while (tokens.peek().kind() == Token.Kind.STRING) {
      text.append(tokens.next().text());
    }
    return new Expression.Literal(Marks.sign(text.toString(), controlTokens));
  }

  private Expression bracketed(Token open) {
    return switch (open.text()) {
      case "(" -> parenthesized();
      case "[" -> new Expression.ListOf(items("]"));
      case "{" -> dict();
      default -> throw new TemplateException(open.line(), "expected an expression, found " + open);
    };
  }

  private Expression parenthesized() {
    if (tokens.skipOperator(")")) {
      return new Expression.TupleOf(List.of());
    }
    Expression inner = tupleOrExpression();
    tokens.expectOperator(")");
    return inner;
  }

  private List<Expression> items(String close) {
    List<Expression> items = new ArrayList<>();
    while (!tokens.skipOperator(close)) {
      items.add(expression());
      if (!tokens.peekOperator(close)) {
        tokens.expectOperator(",");
      }
    }
    return items;
  }

  private Expression dict() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!tokens.skipOperator("}")) {
      keys.add(expression());
      tokens.expectOperator(":");
      values.add(expression());
      if (!tokens.peekOperator("}")) {
        tokens.expectOperator(",");
      }
    }
    return new Expression.DictOf(keys, values);
  }

  private Expression postfix(Expression operand) {
    Expression value = operand;
    while (true) {
      if (tokens.skipOperator(".")) {
        Token name = tokens.next();
        value =
            switch (name.kind()) {
              case NAME -> new Expression.Attribute(value, name.text());
              case INTEGER ->
                  new Expression.Item(value, new Expression.Literal(Numbers.parse(name.text())));
              default -> throw new TemplateException(name.line(), "expected a name, found " + name);
            };
      } else if (tokens.skipOperator("[")) {
        value = subscript(value);
      } else if (tokens.peekOperator("(")) {
        value = new Expression.Call(value, passed());
      } else {
        return value;
      }
    }
  }

  private Expression subscript(Expression object) {
    if (tokens.peekOperator(":")) {
      return slice(object, Optional.empty());
    }
    Expression first = expression();
    if (tokens.peekOperator(":")) {
      return slice(object, Optional.of(first));
    }
    tokens.expectOperator("]");
    return new Expression.Item(object, first);
  }

  private Expression slice(Expression object, Optional<Expression> start) {
    tokens.expectOperator(":");
    Optional<Expression> stop = sliceBound();
    Optional<Expression> step = tokens.skipOperator(":") ? sliceBound() : Optional.empty();
    tokens.expectOperator("]");
    return new Expression.Slice(object, start, stop, step);
  }

  private Optional<Expression> sliceBound() {
    boolean none = tokens.peekOperator(":") || tokens.peekOperator("]");
    return none ? Optional.empty() : Optional.of(expression());
  }

  /** Arguments in parentheses. */
  private Expression.Passed passed() {
    tokens.expectOperator("(");
    List<Expression> positional = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    while (!tokens.skipOperator(")")) {
      Token token = tokens.peek();
      if (token.kind() == Token.Kind.NAME && tokens.peekSecond().is(Token.Kind.OPERATOR, "=")) {
        tokens.next();
        tokens.next();
        named.put(token.text(), expression());
      } else if (named.isEmpty()) {
        positional.add(expression());
      } else {
        throw new TemplateException(token.line(), "a positional argument follows a named one");
      }
      if (!tokens.peekOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new Expression.Passed(positional, named);
  }

  /** Applies what follows: {@code | filter}, {@code is test}, calls. */
  private Expression filtersAndTests(Expression operand) {
    Expression value = operand;
    while (true) {
      if (tokens.peekOperator("|")) {
        value = filters(value);
      } else if (tokens.skipName("is")) {
        value = test(value);
      } else if (tokens.peekOperator("(")) {
        value = new Expression.Call(value, passed());
      } else {
        return value;
      }
    }
  }

  /** Applies {@code | filter | filter ...}. */
  Expression filters(Expression operand) {
    Expression value = operand;
    while (tokens.skipOperator("|")) {
      value = filter(value);
    }
    return value;
  }

  /** Applies the filter whose name comes next. */
  Expression filter(Expression value) {
    String name = tokens.expect(Token.Kind.NAME, "a filter's name").text();
    Expression.Passed passed = tokens.peekOperator("(") ? passed() : Expression.Passed.NOTHING;
    return new Expression.Filter(value, name, passed);
  }

  private Expression test(Expression value) {
    boolean negated = tokens.skipName("not");
    String name = tokens.expect(Token.Kind.NAME, "a test's name").text();
    Expression.Passed passed = Expression.Passed.NOTHING;
    Token token = tokens.peek();
    if (tokens.peekOperator("(")) {
      passed = passed();
    } else if (startsTestArgument(token)) {
      passed = new Expression.Passed(List.of(postfix(primary())), Map.of());
    }
    Expression test = new Expression.Test(value, name, passed);
    return negated ? new Expression.Not(test) : test;
  }

  private static boolean startsTestArgument(Token token) {
    return switch (token.kind()) {
      case NAME -> !NO_TEST_ARGUMENT.contains(token.text());
      case STRING, INTEGER, FLOAT -> true;
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      default -> false;
    };
  }
}
