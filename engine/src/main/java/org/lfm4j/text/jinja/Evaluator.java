package org.lfm4j.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Evaluates expressions. One for each rendering. */
final class Evaluator {
  private final Budget budget;

  Evaluator(Budget budget) {
    this.budget = budget;
  }

  Object evaluate(Expression expression, Scope scope) {
    budget.step();
    return switch (expression) {
      case Expression.Literal(Object value) -> value;
      case Expression.Name(String name) -> scope.get(name);
      case Expression.ListOf(List<Expression> items) -> all(items, scope);
      case Expression.TupleOf(List<Expression> items) -> new Tuple(all(items, scope));
      case Expression.DictOf dict -> dict(dict, scope);
      case Expression.Not(Expression operand) -> !Values.truth(evaluate(operand, scope));
      case Expression.Sign(boolean negative, Expression operand) ->
          sign(negative, evaluate(operand, scope));
      case Expression.And(Expression left, Expression right) -> {
        Object value = evaluate(left, scope);
        yield Values.truth(value) ? evaluate(right, scope) : value;
      }
      case Expression.Or(Expression left, Expression right) -> {
        Object value = evaluate(left, scope);
        yield Values.truth(value) ? value : evaluate(right, scope);
      }
      case Expression.Binary(String operator, Expression left, Expression right) ->
          budget.made(Operators.binary(operator, evaluate(left, scope), evaluate(right, scope)));
      case Expression.Comparison comparison -> compare(comparison, scope);
      case Expression.Joined(List<Expression> parts) -> joined(parts, scope);
      case Expression.Conditional(
              Expression test,
              Expression then,
              Optional<Expression> otherwise) ->
          Values.truth(evaluate(test, scope))
              ? evaluate(then, scope)
              : otherwise
                  .map(other -> evaluate(other, scope))
                  .orElseGet(() -> new Undefined("an inline if without else was false"));
      case Expression.Attribute(Expression object, String name) ->
          Access.attribute(evaluate(object, scope), name);
      case Expression.Item(Expression object, Expression index) -> {
        Object value = evaluate(object, scope);
        budget.step(value);
        yield Access.item(value, evaluate(index, scope));
      }
      case Expression.Slice slice -> slice(slice, scope);
      case Expression.Call(Expression callee, Expression.Passed passed) ->
          call(callee, passed, scope);
      case Expression.Filter(Expression value, String name, Expression.Passed passed) ->
          filter(name, evaluate(value, scope), arguments(name, passed, scope));
      case Expression.Test(Expression value, String name, Expression.Passed passed) -> {
        Object tested = evaluate(value, scope);
        budget.step(tested);
        yield Tests.holds(name, tested, arguments(name, passed, scope));
      }
    };
  }

  private List<Object> all(List<Expression> items, Scope scope) {
    List<Object> values = new ArrayList<>(items.size());
    for (Expression item : items) {
      values.add(evaluate(item, scope));
    }
    return values;
  }

  private Map<Object, Object> dict(Expression.DictOf dict, Scope scope) {
    Map<Object, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < dict.keys().size(); i++) {
      Object key = Values.key(evaluate(dict.keys().get(i), scope));
      values.put(key, evaluate(dict.values().get(i), scope));
    }
    return values;
  }

  private static Object sign(boolean negative, Object value) {
    Values.requireDefined(value);
    if (value instanceof Double number) {
      return negative ? -number : number;
    }
    if (!Numbers.isNumber(value)) {
      throw new TemplateException("a sign stands before a value of type " + Values.type(value));
    }
    return Numbers.integer(negative ? Numbers.big(value).negate() : Numbers.big(value));
  }

  private Object compare(Expression.Comparison comparison, Scope scope) {
    Object left = evaluate(comparison.first(), scope);
    for (int i = 0; i < comparison.operators().size(); i++) {
      Object right = evaluate(comparison.rest().get(i), scope);
      budget.step(left, right);
      if (!Operators.compare(comparison.operators().get(i), left, right)) {
        return false;
      }
      left = right;
    }
    return true;
  }

  private Object joined(List<Expression> parts, Scope scope) {
    StringBuilder text = new StringBuilder();
    for (Expression part : parts) {
      text.append(Printer.text(evaluate(part, scope)));
      Budget.requireSize(text.length());
    }
    return budget.made(text.toString());
  }

  private Object slice(Expression.Slice slice, Scope scope) {
    Object value = evaluate(slice.object(), scope);
    budget.step(value);
    return budget.made(
        Operators.slice(
            value,
            bound(slice.start(), scope),
            bound(slice.stop(), scope),
            bound(slice.step(), scope)));
  }

  private Object bound(Optional<Expression> bound, Scope scope) {
    return bound.isPresent() ? evaluate(bound.get(), scope) : None.NONE;
  }

  private Object call(Expression callee, Expression.Passed passed, Scope scope) {
    Object function = evaluate(callee, scope);
    Values.requireDefined(function);
    if (!(function instanceof Callable callable)) {
      throw new TemplateException("a value of type " + Values.type(function) + " was called");
    }
    if (callee instanceof Expression.Attribute(Expression object, String _)
        && object instanceof Expression.Name(String name)) {
      budget.step(scope.get(name));
    }
    budget.enter();
    Object result = callable.call(arguments(name(callee), passed, scope));
    budget.leave();
    return budget.made(result);
  }

  private static String name(Expression callee) {
    return switch (callee) {
      case Expression.Name(String name) -> name;
      case Expression.Attribute(Expression _, String name) -> name;
      default -> "the function";
    };
  }

  Object filter(String name, Object value, Arguments arguments) {
    budget.step(value);
    return budget.made(Filters.apply(name, value, arguments, this));
  }

  private Arguments arguments(String callee, Expression.Passed passed, Scope scope) {
    Map<String, Object> named = new LinkedHashMap<>();
    passed.named().forEach((name, value) -> named.put(name, evaluate(value, scope)));
    return new Arguments(callee, all(passed.positional(), scope), named);
  }
}
