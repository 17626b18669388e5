package org.lfm4j.sampling.grammar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * JSON schemas and instances. The official suite runs with {@code JsonSchemaSuite} of bench, whose
 * results stand in docs/structured.md.
 */
class JsonSchemaTest {
  private static final String PERSON =
      """
      {"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},
       "required":["name"]}\
      """;

  private static boolean valid(String schema, String text) {
    return Vocabularies.accepts(
        Vocabularies.compile(new GrammarSpec.JsonSchema(schema, true)), text);
  }

  private static boolean meant(String schema, String text) {
    return Vocabularies.accepts(Vocabularies.compile(new GrammarSpec.JsonSchema(schema)), text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | [1,{\"a\":null}] | [1,",
        "{\"type\":\"integer\"} | -12 | 1.5",
        "{\"type\":\"integer\"} | 0 | 012",
        "{\"type\":\"number\"} | -0.5e-3 | .5",
        "{\"type\":\"boolean\"} | true | \"true\"",
        "{\"type\":[\"string\",\"null\"]} | null | 1",
        "{\"type\":\"string\",\"nullable\":true} | null | 1",
        "{\"type\":\"integer\",\"minimum\":-7,\"maximum\":23} | -7 | -8",
        "{\"type\":\"integer\",\"minimum\":-7,\"maximum\":23} | 23 | 24",
        "{\"type\":\"integer\",\"exclusiveMinimum\":99,\"exclusiveMaximum\":1001} | 1000 | 99",
        "{\"type\":\"number\",\"minimum\":1.25,\"maximum\":2} | 1.250 | 1.2499",
        "{\"type\":\"number\",\"minimum\":-1.5,\"exclusiveMaximum\":-0.5} | -0.51 | -0.5",
        "{\"type\":\"number\",\"exclusiveMinimum\":0} | 0.0001 | 0.000",
        "{\"type\":\"integer\",\"multipleOf\":7} | 343 | 344",
        "{\"type\":\"number\",\"multipleOf\":0.05} | 1.15 | 1.16",
        "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3} | \"é😀\" | \"éabc\"",
        "{\"type\":\"string\",\"maxLength\":1} | \"\\u0041\" | \"\\u0041b\"",
        "{\"type\":\"string\"} | \"\\ud83d\\ude00\" | \"\\ud83d\"",
        "{\"type\":\"string\"} | \"a\\\"b\" | \"a\"b\"",
        "{\"type\":\"string\",\"pattern\":\"^[a-z]+$\"} | \"abc\" | \"Abc\"",
        "{\"type\":\"string\",\"pattern\":\"b\"} | \"abc\" | \"ac\"",
        "{\"type\":\"string\",\"pattern\":\"^a\\nb$\"} | \"a\\nb\" | \"ab\"",
        "{\"type\":\"string\",\"pattern\":\"a\",\"maxLength\":2} | \"xa\" | \"xxa\"",
        "{\"type\":\"string\",\"format\":\"date\"} | \"2024-02-29\" | \"2023-02-29\"",
        "{\"type\":\"string\",\"format\":\"uuid\"} | \"12345678-1234-1234-1234-123456789abc\" | \"x\"",
        "{\"type\":\"string\",\"format\":\"int64\"} | \"anything\" | 1",
        "{\"enum\":[\"red\",2,null,{\"a\":[true]}]} | {\"a\": [true]} | \"blue\"",
        "{\"enum\":[1,\"a\",5],\"type\":\"integer\",\"minimum\":2} | 5 | 1",
        "{\"const\":\"a\\\"b\"} | \"a\\\"b\" | \"ab\"",
        "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}} | [1, 2] | [1,\"2\"]",
        "{\"type\":\"array\",\"minItems\":2,\"maxItems\":3,\"items\":{\"const\":1}} | [1,1] | [1]",
        "{\"type\":\"array\",\"maxItems\":0} | [] | [1]",
        "{\"type\":\"array\",\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":false} | [1,2] | [1,2,3]",
        "{\"type\":\"array\",\"prefixItems\":[{\"const\":1}],\"items\":{\"const\":5},\"minItems\":2} | [1,5,5] | [1]",
        "{\"properties\":{\"a\":{\"const\":1},\"b\":{\"const\":2}}} | {\"a\":1,\"b\":2,\"c\":3} | {\"a\":1,\"b\":3}",
        "{\"properties\":{\"a\":{\"const\":1}},\"additionalProperties\":false} | {} | {\"b\":1}",
        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}} | {\"x\":1,\"y\":2} | {\"x\":\"1\"}",
        "{\"type\":\"object\",\"patternProperties\":{\"^x\":{\"const\":1}},\"additionalProperties\":false} | {\"x1\":1} | {\"y\":1}",
        "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[a-z]+$\"}} | {\"ab\":1} | {\"A\":1}",
        "{\"type\":\"object\",\"minProperties\":1,\"maxProperties\":2} | {\"a\":1} | {}",
        "{\"type\":\"object\",\"required\":[\"k\"]} | {\"k\":1,\"l\":2} | {\"l\":2}",
        "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"string\",\"maxLength\":2}]} | \"ab\" | \"abc\"",
        "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]} | 3 | null",
        "{\"allOf\":[{\"minimum\":3},{\"maximum\":5}],\"type\":\"integer\"} | 4 | 6",
        "{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2}]} | 2.5 | 3",
        "{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}],\"type\":\"object\"} | {\"a\":1,\"c\":2} | {\"a\":1,\"b\":2}",
        "{\"oneOf\":[{\"enum\":[1,2,\"x\"]},{\"enum\":[2,true,3.5]}]} | true | 2",
        "{\"not\":{\"type\":[\"string\",\"integer\"]}} | 1.5 | 1",
        "{\"type\":\"string\",\"not\":{\"pattern\":\"^a\"}} | \"ba\" | \"ab\"",
        "{\"type\":\"number\",\"not\":{\"multipleOf\":5}} | 7 | 10",
        "{\"type\":\"boolean\",\"not\":{\"const\":true}} | false | true",
        "{\"type\":\"array\",\"not\":{\"minItems\":2}} | [1] | [1,2]",
        "{\"type\":\"object\",\"not\":{\"properties\":{\"a\":{\"type\":\"string\"}}}} | {\"a\":1} | {\"b\":1}",
        "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"b\"]},\"type\":\"object\"} | {\"a\":1,\"b\":2} | {\"a\":1}",
        "{\"$defs\":{\"n\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/n\"}}]}},\"$ref\":\"#/$defs/n\"} | [[null],[[]]] | [1]",
        "{\"$ref\":\"#/$defs/a~1b%25\",\"$defs\":{\"a/b%\":{\"type\":\"null\"}}} | null | 1",
        "{\"$ref\":\"#here\",\"$defs\":{\"x\":{\"$anchor\":\"here\",\"type\":\"null\"}}} | null | 1",
      })
  void instancesAreAcceptedIfValid(String schema, String yes, String no) {
    assertThat(valid(schema, yes)).as("%s: %s", schema, yes).isTrue();
    assertThat(valid(schema, no)).as("%s: %s", schema, no).isFalse();
  }

  @Test
  void propertiesComeInTheOrderOfTheSchema() {
    assertThat(meant(PERSON, "{\"name\":\"Ada\",\"age\":36}")).isTrue();
    assertThat(meant(PERSON, "{\"name\":\"Ada\"}")).isTrue();
    assertThat(meant(PERSON, "{\"age\":36,\"name\":\"Ada\"}")).isFalse();
    assertThat(meant(PERSON, "{\"age\":36}")).isFalse();
  }

  @Test
  void blanksAreBounded() {
    assertThat(meant(PERSON, "{\n  \"name\": \"Ada\",\n  \"age\": 36\n}")).isTrue();
    assertThat(meant(PERSON, "{\n" + " ".repeat(33) + "\"name\": \"Ada\"}")).isFalse();
    assertThat(meant(PERSON, "{\n\n\"name\": \"Ada\"}")).isFalse();
    assertThat(meant(PERSON, "{\"name\" : \"Ada\"}")).isFalse();
    assertThat(meant(PERSON, " {\"name\":\"Ada\"}")).isFalse();
  }

  @Test
  void whatIsMeantHasNoUnlistedProperties() {
    String more = "{\"name\":\"Ada\",\"x\":1}";
    assertThat(meant(PERSON, more)).isFalse();
    assertThat(valid(PERSON, more)).isTrue();
    String open = PERSON.replace("\"required\"", "\"additionalProperties\":true,\"required\"");
    assertThat(meant(open, more)).isTrue();
    assertThat(meant("{\"type\":\"object\"}", more)).isTrue();
    assertThat(meant("{\"properties\":{\"a\":{}}}", "3")).isFalse();
    assertThat(valid("{\"properties\":{\"a\":{}}}", "3")).isTrue();
  }

  @Test
  void anyObjectIsJsonMode() {
    Grammar grammar = Vocabularies.compile(new GrammarSpec.JsonObject());
    assertThat(Vocabularies.accepts(grammar, "{\"a\": [1, {\"b\": null}], \"c\": \"x\"}")).isTrue();
    assertThat(List.of("[]", "1", "{", "{\"a\"}", "{\"a\":1,}", "{} "))
        .noneMatch(text -> Vocabularies.accepts(grammar, text));
  }

  @Test
  void discriminatedUnionsAreExact() {
    String schema =
        """
        {"oneOf":[
          {"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}},
           "required":["kind","lives"]},
          {"type":"object","properties":{"kind":{"const":"dog"},"name":{"type":"string"}},
           "required":["kind"]}]}\
        """;
    assertThat(meant(schema, "{\"kind\":\"cat\",\"lives\":9}")).isTrue();
    assertThat(meant(schema, "{\"kind\":\"dog\",\"name\":\"Rex\"}")).isTrue();
    assertThat(meant(schema, "{\"kind\":\"dog\",\"lives\":9}")).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{ | no JSON",
        "3 | #: a schema is an object",
        "{\"type\":\"strin\"} | type \"strin\" is unknown",
        "{\"properties\":{\"a/b\":{\"unevaluatedItems\":false}}} | #/properties/a~1b: keyword \"unevaluatedItems\"",
        "{\"items\":{\"uniqueItems\":true}} | #/items: keyword \"uniqueItems\"",
        "{\"$ref\":\"http://x/y\"} | leads out",
        "{\"$ref\":\"#/$defs/a\"} | leads nowhere",
        "{\"$ref\":\"#\"} | back to itself",
        "{\"anyOf\":[{\"type\":\"null\"},{\"$ref\":\"#\"}]} | back to itself",
        "{\"type\":\"integer\",\"minimum\":3,\"maximum\":2} | no output can satisfy",
        "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]} | no output",
        "{\"maxLength\":-1} | maxLength must be",
        "{\"maxLength\":1000000} | limit of 20000",
        "{\"pattern\":\"(?=x)\"} | #: pattern has a group",
        "{\"format\":\"idn-email\"} | format \"idn-email\"",
        "{\"not\":{\"items\":{\"type\":\"null\"}}} | #/not: keyword \"items\"",
        "{\"multipleOf\":0} | greater than 0",
        "{\"anyOf\":{}} | must be a list",
        "{\"minimum\":1e999} | digits",
        "{\"additionalProperties\":3} | #/additionalProperties: a schema is",
      })
  void badSchemasSayWhere(String schema, String reason) {
    assertThatThrownBy(() -> valid(schema, "1"))
        .isInstanceOf(GrammarException.class)
        .hasMessageContaining(reason);
  }
}
