package org.lfm4j.sampling.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Calls in the notation that LFM2 was trained on. */
class ToolCallGrammarTest {
  private static final GrammarSpec.Tool WEATHER =
      new GrammarSpec.Tool(
          "get_weather",
          """
          {"type":"object","properties":{"city":{"type":"string"},
           "days":{"type":"integer","minimum":1,"maximum":14},"metric":{"type":"boolean"},
           "tags":{"type":"array","items":{"type":["string","null"]}},
           "where":{"type":"object","properties":{"lat":{"type":"number"}}}},
           "required":["city"]}\
          """);
  private static final GrammarSpec.Tool TIME = new GrammarSpec.Tool("time.now", "{}");

  private static boolean accepts(boolean parallel, String calls) {
    Grammar grammar =
        Vocabularies.compile(new GrammarSpec.ToolCalls(List.of(WEATHER, TIME), parallel));
    GrammarMatcher matcher = grammar.newMatcher();
    if (matcher.mask().count() != 1) {
      return false;
    }
    matcher.accept(Vocabularies.CALL_START);
    for (byte b : calls.getBytes(StandardCharsets.UTF_8)) {
      if (!matcher.mask().contains(b & 0xff)) {
        return false;
      }
      matcher.accept(b & 0xff);
    }
    if (!matcher.mask().contains(Vocabularies.CALL_END)) {
      return false;
    }
    matcher.accept(Vocabularies.CALL_END);
    return matcher.mustEnd();
  }

  @Test
  void argumentsArePythonLiteralsOfTheSchema() {
    assertThat(
            List.of(
                "[get_weather(city=\"Bonn\")]",
                "[get_weather(city='Bonn', days=3)]",
                "[get_weather(city='it\\'s', days=14, metric=True)]",
                "[get_weather(city=\"\", metric=False, tags=['a', None], where={'lat': -1.5})]",
                "[get_weather(city='x',tags=[])]",
                "[time.now()]"))
        .allMatch(call -> accepts(true, call));
  }

  @Test
  void whatTheSchemaForbidsIsNotWritten() {
    assertThat(
            List.of(
                "[]",
                "[get_weather()]",
                "[get_weather(days=3)]",
                "[get_weather(city='x', days=15)]",
                "[get_weather(city='x', metric=true)]",
                "[get_weather(city='x', days=3, city='y')]",
                "[get_weather(city='x', other=1)]",
                "[get_weather(city=x)]",
                "[time.now(zone='x')]",
                "[get_time()]"))
        .noneMatch(call -> accepts(true, call));
  }

  @Test
  void severalCallsAreAllowedOnlyInParallel() {
    String two = "[time.now(), get_weather(city='x')]";
    assertThat(accepts(true, two)).isTrue();
    assertThat(accepts(false, two)).isFalse();
    assertThat(accepts(false, "[time.now()]")).isTrue();
  }

  @Test
  void extraArgumentsNeedASchemaThatSaysSo() {
    Grammar grammar =
        Vocabularies.compile(
            new GrammarSpec.ToolCalls(
                List.of(
                    new GrammarSpec.Tool(
                        "log",
                        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}")),
                false));
    Configuration at = grammar.step(grammar.start(), Vocabularies.CALL_START);
    byte[] good = "[log(a=1, b_2=2)]".getBytes(StandardCharsets.UTF_8);
    byte[] bad = "[log(2b=1)]".getBytes(StandardCharsets.UTF_8);
    assertThat(grammar.step(at, good)).isNotSameAs(Configuration.DEAD);
    assertThat(grammar.step(at, bad)).isSameAs(Configuration.DEAD);
  }

  @Test
  void badToolsSayWhich() {
    assertThatThrownBy(() -> compile("f", "{\"properties\":{\"a\":{\"type\":\"x\"}}}"))
        .hasMessageContaining("parameters of tool f: #/properties/a: type");
    assertThatThrownBy(() -> compile("f g", "{}")).hasMessageContaining("can't be written");
    assertThatThrownBy(() -> compile("f", "{\"type\":\"array\"}"))
        .hasMessageContaining("no object");
    assertThatThrownBy(() -> Vocabularies.compile(new GrammarSpec.ToolCalls(List.of(), true)))
        .isInstanceOf(GrammarException.class);
  }

  private static Grammar compile(String name, String parameters) {
    return Vocabularies.compile(
        new GrammarSpec.ToolCalls(List.of(new GrammarSpec.Tool(name, parameters)), true));
  }
}
