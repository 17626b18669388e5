package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Runs statements. One for each rendering. */
final class Renderer {
  private enum Next {
    STATEMENT,
    ITERATION,
    LOOP_END
  }

  private final Budget budget = new Budget();
  private final Evaluator evaluator = new Evaluator(budget);

  /** The statement being run, for messages. */
  private int line = 1;

  int line() {
    return line;
  }

  String render(List<Statement> statements, Scope scope) {
    StringBuilder out = new StringBuilder();
    run(statements, scope, out);
    return out.toString();
  }

  private Next run(List<Statement> statements, Scope scope, StringBuilder out) {
    budget.enter();
    Next next = Next.STATEMENT;
    for (Statement statement : statements) {
      line = statement.line();
      budget.step();
      next = run(statement, scope, out);
      if (next != Next.STATEMENT) {
        break;
      }
    }
    budget.leave();
    return next;
  }

  private Next run(Statement statement, Scope scope, StringBuilder out) {
    switch (statement) {
      case Statement.Text(int _, String text) -> print(text, out);
      case Statement.Print(int _, Expression value) ->
          print(Printer.text(evaluator.evaluate(value, scope)), out);
      case Statement.If(int _, List<Statement.Branch> branches) -> {
        for (Statement.Branch branch : branches) {
          if (Values.truth(evaluator.evaluate(branch.test(), scope))) {
            return run(branch.body(), scope, out);
          }
        }
      }
      case Statement.For loop -> run(loop, scope, out);
      case Statement.Break _ -> {
        return Next.LOOP_END;
      }
      case Statement.Continue _ -> {
        return Next.ITERATION;
      }
      case Statement.Set(int _, Statement.Target target, Expression value) ->
          assign(target, evaluator.evaluate(value, scope), scope);
      case Statement.SetBlock(
              int _,
              Statement.Target target,
              List<Statement> body,
              Expression wrapped) ->
          assign(target, wrapped(body, wrapped, scope), scope);
      case Statement.FilterBlock(int _, List<Statement> body, Expression wrapped) ->
          print(Printer.text(wrapped(body, wrapped, scope)), out);
      case Statement.Macro macro ->
          scope.set(macro.name(), (Callable) arguments -> call(macro, scope, arguments));
      case Statement.Scoped(int _, List<Statement.Set> variables, List<Statement> body) -> {
        Scope inner = scope.inner();
        for (Statement.Set variable : variables) {
          assign(variable.target(), evaluator.evaluate(variable.value(), scope), inner);
        }
        return run(body, inner, out);
      }
    }
    return Next.STATEMENT;
  }

  private void print(String text, StringBuilder out) {
    budget.made(text);
    out.append(text);
  }

  private void run(Statement.For loop, Scope scope, StringBuilder out) {
    Object value = evaluator.evaluate(loop.items(), scope);
    List<Object> items = Values.iterate(value);
    budget.made(items);
    if (loop.filter().isPresent()) {
      items = filtered(items, loop, loop.filter().get(), scope);
    }
    Loop state = new Loop(items);
    boolean ran = false;
    for (int i = 0; i < items.size(); i++) {
      budget.step();
      state.moveTo(i);
      Scope inner = scope.inner();
      inner.set("loop", state);
      assign(loop.target(), items.get(i), inner);
      Next next = run(loop.body(), inner, out);
      if (next == Next.LOOP_END) {
        break;
      }
      ran |= next == Next.STATEMENT;
    }
    // As in jinja2, an iteration that was cut short does not count.
    if (!ran) {
      run(loop.otherwise(), scope.inner(), out);
    }
  }

  private List<Object> filtered(
      List<Object> items, Statement.For loop, Expression filter, Scope scope) {
    List<Object> kept = new ArrayList<>();
    for (Object item : items) {
      budget.step();
      Scope inner = scope.inner();
      assign(loop.target(), item, inner);
      if (Values.truth(evaluator.evaluate(filter, inner))) {
        kept.add(item);
      }
    }
    return kept;
  }

  private Object wrapped(List<Statement> body, Expression wrapped, Scope scope) {
    StringBuilder text = new StringBuilder();
    Scope inner = scope.inner();
    run(body, inner, text);
    inner.set(((Expression.Name) StatementParser.BODY).name(), text.toString());
    return evaluator.evaluate(wrapped, inner);
  }

  private Object call(Statement.Macro macro, Scope definedIn, Arguments arguments) {
    int caller = line;
    Scope scope = definedIn.inner();
    int required = macro.parameters().size() - macro.defaults().size();
    for (int i = 0; i < macro.parameters().size(); i++) {
      String parameter = macro.parameters().get(i);
      Object value;
      if (arguments.has(parameter)) {
        value = arguments.require(parameter);
      } else if (i >= required) {
        value = evaluator.evaluate(macro.defaults().get(i - required), scope);
      } else {
        value = new Undefined("parameter '" + parameter + "' was not provided");
      }
      scope.set(parameter, value);
    }
    arguments.end();
    StringBuilder text = new StringBuilder();
    run(macro.body(), scope, text);
    line = caller;
    return text.toString();
  }

  private void assign(Statement.Target target, Object value, Scope scope) {
    switch (target) {
      case Statement.Target.Variable(String name) -> scope.set(name, value);
      case Statement.Target.Field(String namespace, String name) -> {
        if (!(scope.get(namespace) instanceof Namespace fields)) {
          throw new TemplateException("'" + namespace + "' is no namespace: can't set its fields");
        }
        fields.set(name, value);
      }
      case Statement.Target.Several(List<Statement.Target> targets) -> {
        List<Object> parts = Values.iterate(value);
        if (parts.size() != targets.size()) {
          throw new TemplateException(
              targets.size() + " variables can't take " + parts.size() + " values");
        }
        for (int i = 0; i < parts.size(); i++) {
          assign(targets.get(i), parts.get(i), scope);
        }
      }
    }
  }
}
