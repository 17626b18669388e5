package org.lfm4j.text.jinja;

import java.time.LocalDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A parsed template. Immutable and thread-safe. */
public final class Template {
  private final List<Statement> statements;

  private Template(List<Statement> statements) {
    this.statements = statements;
  }

  /**
   * Parses a template.
   *
   * @param source its text
   * @param controlTokens texts that get a {@link Marks#MARK} where the template itself writes them
   * @throws TemplateException if it has a syntax error or is not supported
   */
  public static Template parse(String source, List<String> controlTokens) {
    if (source.indexOf(Marks.MARK) >= 0) {
      throw new TemplateException("the template contains the reserved character U+FDD0");
    }
    return new Template(StatementParser.parse(source, List.copyOf(controlTokens)));
  }

  /**
   * Renders the template.
   *
   * @param variables values as in {@link Values}, deeply immutable, without marks in what came from
   *     outside
   * @param now what {@code strftime_now} shows
   * @return the text, with marks
   * @throws TemplateException if the template fails or refuses its input
   */
  public String render(Map<String, Object> variables, LocalDateTime now) {
    Map<String, Object> all = new LinkedHashMap<>(Globals.functions(now));
    all.putAll(variables);
    Renderer renderer = new Renderer();
    try {
      return renderer.render(statements, Scope.outermost(all));
    } catch (TemplateException e) {
      TemplateException located = new TemplateException(renderer.line(), e.getMessage());
      located.initCause(e);
      throw located;
    } catch (StackOverflowError e) {
      throw new TemplateException(renderer.line(), "an expression or call is nested too deep");
    }
  }
}
