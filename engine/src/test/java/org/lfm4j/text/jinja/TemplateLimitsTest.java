package org.lfm4j.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A hostile template stops with a message: it neither hangs nor fills the memory. */
class TemplateLimitsTest {
  private static final LocalDateTime NOW = LocalDateTime.of(2026, 1, 2, 3, 4, 5);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
        "{% macro f(x) %}{{ f(x) }}{{ f(x) }}{% endmacro %}{{ f(1) }}",
        "{% set ns = namespace(s='x') %}{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for a in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s=[1]) %}{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{{ 'x' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ 10 ** 999999999 }}",
        "{{ 'x' | indent(999999999, true) }}",
        "{{ [1] | tojson(indent=999999999) }}",
        "{{ 'x'.zfill(999999999) }}",
        "{% set s = 'x' * 9999999 %}{{ s.replace('', s) }}",
        "{% set s = 'x' * 9999999 %}{{ s.replace('x', s) }}",
        "{% set s = 'x' * 9999999 %}{{ [s, s, s, s, s, s, s, s] | join }}",
        "{% set s = 'x' * 9999999 %}{% for a in range(99999) %}{{ 'y' in s }}{% endfor %}",
        "{% set s = 'x' * 9999999 %}{% for a in range(99999) %}{{ s | upper | length }}{% endfor %}",
        "{% set ns = namespace(l=[]) %}{% for a in range(300) %}{% set ns.l = [ns.l] %}{% endfor %}"
            + "{% for a in range(99999) %}{% for b in range(99999) %}{{ ns.l | tojson }}{% endfor %}{% endfor %}",
      })
  void stops(String source) {
    Template template = Template.parse(source, List.of());
    assertTimeoutPreemptively(
        Duration.ofSeconds(60),
        () ->
            assertThatThrownBy(() -> template.render(Map.of(), NOW))
                .isInstanceOf(TemplateException.class));
  }

  @Test
  void deepSourceIsRefused() {
    assertThatThrownBy(
            () -> Template.parse("{{ " + "(".repeat(5000) + ")".repeat(5000) + " }}", List.of()))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("nested");
    assertThatThrownBy(() -> Template.parse("{{ " + "- ".repeat(5000) + " }}", List.of()))
        .isInstanceOf(TemplateException.class);
    assertThatThrownBy(() -> Template.parse("{% if 1 %}".repeat(5000), List.of()))
        .isInstanceOf(TemplateException.class);
  }

  @Test
  void endlessChainIsRefused() {
    Template template = Template.parse("{{ " + "1 + ".repeat(200_000) + "1 }}", List.of());
    assertThatThrownBy(() -> template.render(Map.of(), NOW))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining("nested too deep");
  }

  @Test
  void longChainsAreNoDeepNesting() {
    String sum = "{{ " + "1 + ".repeat(500) + "1 }}";
    assertThat(Template.parse(sum, List.of()).render(Map.of(), NOW)).isEqualTo("501");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "a{{ 1 }}\\n\\n{{ x.y }} ~ line 3: 'x' is undefined",
        "{% if true %}\\n{{ 1 | nope }}\\n{% endif %} ~ line 2: there is no filter 'nope'",
        "{{ 1 is nope }} ~ line 1: there is no test 'nope'",
        "\\n{{ 'a'.nope() }} ~ line 2: a value of type str has no 'nope'",
        "\\n{% nope %} ~ line 2: the tag 'nope' is unknown or not supported in chat templates",
        "a\\n{{ 'b }} ~ line 2: a string has no end: write '",
        "{% for x in [1] recursive %}{% endfor %} ~ line 1: recursive loops are not supported",
        "{{ 'a'.split('b', 2, 3) }} ~ line 1: split got 1 arguments too many",
      })
  void messagesNameLineAndReason(String source, String message) {
    assertThatThrownBy(
            () -> Template.parse(source.replace("\\n", "\n"), List.of()).render(Map.of(), NOW))
        .isInstanceOf(TemplateException.class)
        .hasMessage(message);
  }
}
