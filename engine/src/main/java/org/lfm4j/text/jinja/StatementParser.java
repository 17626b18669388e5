package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses a template: text, printed expressions and blocks. */
final class StatementParser {
  /** Stands for a block's text under the filters applied to it. */
  static final Expression BODY = new Expression.Name("(body)");

  private final TokenStream tokens;
  private final ExpressionParser expressions;
  private final List<String> controlTokens;
  private int loops;

  private StatementParser(TokenStream tokens, List<String> controlTokens) {
    this.tokens = tokens;
    this.controlTokens = controlTokens;
    this.expressions = new ExpressionParser(tokens, controlTokens);
  }

  static List<Statement> parse(String source, List<String> controlTokens) {
    TokenStream tokens = new TokenStream(Lexer.tokens(source));
    StatementParser parser = new StatementParser(tokens, controlTokens);
    List<Statement> statements = parser.body(Set.of());
    if (tokens.peek().kind() != Token.Kind.END) {
      throw tokens.unexpected("the end of the template");
    }
    return statements;
  }

  /** Statements up to a block that starts with one of these names; that name is the next token. */
  private List<Statement> body(Set<String> ends) {
    tokens.enter();
    List<Statement> statements = new ArrayList<>();
    while (true) {
      Token token = tokens.next();
      switch (token.kind()) {
        case TEXT ->
            statements.add(
                new Statement.Text(token.line(), Marks.sign(token.text(), controlTokens)));
        case PRINT_BEGIN -> {
          Expression value = expressions.tupleOrExpression();
          tokens.expect(Token.Kind.PRINT_END, "'}}'");
          statements.add(new Statement.Print(token.line(), value));
        }
        case BLOCK_BEGIN -> {
          if (tokens.peek().kind() == Token.Kind.NAME && ends.contains(tokens.peek().text())) {
            tokens.leave();
            return statements;
          }
          statements.add(block());
        }
        default -> {
          if (!ends.isEmpty()) {
            throw new TemplateException(
                token.line(), "expected one of " + ends + ", found " + token);
          }
          tokens.leave();
          return statements;
        }
      }
    }
  }

  private void endBlock() {
    tokens.expect(Token.Kind.BLOCK_END, "'%}'");
  }

  /** Parses a body and the whole tag that ends it. */
  private List<Statement> bodyUntil(String end) {
    endBlock();
    List<Statement> statements = body(Set.of(end));
    tokens.next();
    endBlock();
    return statements;
  }

  private Statement block() {
    Token name = tokens.expect(Token.Kind.NAME, "a tag's name");
    int line = name.line();
    return switch (name.text()) {
      case "if" -> conditional(line);
      case "for" -> loop(line);
      case "set" -> set(line);
      case "macro" -> macro(line);
      case "generation" -> new Statement.Scoped(line, List.of(), outsideLoops("endgeneration"));
      case "with" -> with(line);
      case "filter" -> filter(line);
      case "break", "continue" -> jump(name);
      default ->
          throw new TemplateException(
              line, "the tag '" + name.text() + "' is unknown or not supported in chat templates");
    };
  }

  private Statement conditional(int line) {
    List<Statement.Branch> branches = new ArrayList<>();
    String end;
    do {
      Expression test = expressions.tupleOrExpression();
      endBlock();
      branches.add(new Statement.Branch(test, body(Set.of("elif", "else", "endif"))));
      end = tokens.next().text();
    } while (end.equals("elif"));
    if (end.equals("else")) {
      branches.add(new Statement.Branch(new Expression.Literal(true), bodyUntil("endif")));
    } else {
      endBlock();
    }
    return new Statement.If(line, branches);
  }

  private Statement loop(int line) {
    Statement.Target target = targets();
    if (!tokens.skipName("in")) {
      throw tokens.unexpected("'in'");
    }
    Expression items = iterable();
    Optional<Expression> filter =
        tokens.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
    if (tokens.peekName("recursive")) {
      throw new TemplateException(line, "recursive loops are not supported");
    }
    endBlock();
    loops++;
    List<Statement> body = body(Set.of("else", "endfor"));
    loops--;
    List<Statement> otherwise = List.of();
    if (tokens.next().text().equals("else")) {
      otherwise = bodyUntil("endfor");
    } else {
      endBlock();
    }
    return new Statement.For(line, target, items, filter, body, otherwise);
  }

  private Expression iterable() {
    Expression first = expressions.unconditional();
    if (!tokens.peekOperator(",")) {
      return first;
    }
    List<Expression> items = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      items.add(expressions.unconditional());
    }
    return new Expression.TupleOf(items);
  }

  private Statement set(int line) {
    Statement.Target target = targets();
    if (tokens.skipOperator("=")) {
      Expression value = expressions.tupleOrExpression();
      endBlock();
      return new Statement.Set(line, target, value);
    }
    Expression wrapped = expressions.filters(BODY);
    return new Statement.SetBlock(line, target, outsideLoops("endset"), wrapped);
  }

  private Statement macro(int line) {
    String name = variable();
    tokens.expectOperator("(");
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    while (!tokens.skipOperator(")")) {
      parameters.add(variable());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw new TemplateException(line, "a parameter without a default follows one with it");
      }
      if (!tokens.peekOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new Statement.Macro(line, name, parameters, defaults, outsideLoops("endmacro"));
  }

  private Statement with(int line) {
    List<Statement.Set> variables = new ArrayList<>();
    while (tokens.peek().kind() != Token.Kind.BLOCK_END) {
      Statement.Target target = target();
      tokens.expectOperator("=");
      variables.add(new Statement.Set(line, target, expressions.expression()));
      if (tokens.peek().kind() != Token.Kind.BLOCK_END) {
        tokens.expectOperator(",");
      }
    }
    return new Statement.Scoped(line, variables, bodyUntil("endwith"));
  }

  private Statement filter(int line) {
    Expression wrapped = expressions.filters(expressions.filter(BODY));
    return new Statement.FilterBlock(line, outsideLoops("endfilter"), wrapped);
  }

  private Statement jump(Token name) {
    if (loops == 0) {
      throw new TemplateException(name.line(), "'" + name.text() + "' stands outside a loop");
    }
    endBlock();
    return name.text().equals("break")
        ? new Statement.Break(name.line())
        : new Statement.Continue(name.line());
  }

  /** A body that is rendered on its own: loops around it can't be left from inside. */
  private List<Statement> outsideLoops(String end) {
    int around = loops;
    loops = 0;
    List<Statement> statements = bodyUntil(end);
    loops = around;
    return statements;
  }

  private Statement.Target targets() {
    Statement.Target first = target();
    if (!tokens.peekOperator(",")) {
      return first;
    }
    List<Statement.Target> targets = new ArrayList<>(List.of(first));
    while (tokens.skipOperator(",")) {
      targets.add(target());
    }
    return new Statement.Target.Several(targets);
  }

  private Statement.Target target() {
    if (tokens.skipOperator("(")) {
      tokens.enter();
      Statement.Target inner = targets();
      tokens.leave();
      tokens.expectOperator(")");
      return inner;
    }
    String name = variable();
    return tokens.skipOperator(".")
        ? new Statement.Target.Field(name, tokens.expect(Token.Kind.NAME, "a name").text())
        : new Statement.Target.Variable(name);
  }

  private String variable() {
    Token token = tokens.expect(Token.Kind.NAME, "a name");
    if (Set.of("true", "false", "none", "True", "False", "None").contains(token.text())) {
      throw new TemplateException(token.line(), "can't assign to " + token);
    }
    return token.text();
  }
}
