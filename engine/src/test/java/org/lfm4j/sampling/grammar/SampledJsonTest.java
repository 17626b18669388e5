package org.lfm4j.sampling.grammar;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.lfm4j.text.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Whatever is sampled under a mask is valid for a validator that knows nothing of us. */
class SampledJsonTest {
  private static final int OUTPUTS = 12;

  private static final List<String> SCHEMAS =
      List.of(
          "{\"type\":\"object\"}",
          """
          {"type":"object","properties":{"name":{"type":"string","minLength":1,"maxLength":20},
            "age":{"type":"integer","minimum":0,"maximum":130},
            "email":{"type":"string","format":"email","pattern":"[.](com|org)$"},"height":{"type":"number","exclusiveMinimum":0.4,"maximum":2.5},
            "tags":{"type":"array","items":{"type":"string","pattern":"^[a-z]{2,8}$"},"minItems":1,"maxItems":4},
            "address":{"type":["object","null"],"properties":{"street":{"type":"string"},
              "zip":{"type":"string","pattern":"^[0-9]{5}$"}},"required":["zip"]}},
            "required":["name","age","email","tags"],"additionalProperties":false}\
          """,
          """
          {"$defs":{"tree":{"type":"object","properties":{"value":{"type":"integer","multipleOf":3},
            "children":{"type":"array","items":{"$ref":"#/$defs/tree"},"maxItems":2}},"required":["value"]}},
            "$ref":"#/$defs/tree"}\
          """,
          """
          {"oneOf":[{"type":"object","properties":{"kind":{"const":"circle"},"radius":{"type":"number","minimum":0}},
              "required":["kind","radius"]},
            {"type":"object","properties":{"kind":{"const":"box"},"sides":{"type":"array",
              "prefixItems":[{"type":"integer"},{"type":"integer"}],"items":false,"minItems":2}},
              "required":["kind","sides"]}]}\
          """,
          """
          {"type":"array","minItems":2,"maxItems":5,"items":{"anyOf":[{"type":"string","format":"date"},
            {"type":"boolean"},{"enum":["a",1,null,{"b":[1,2]}]},{"type":"string","format":"date-time"}]}}\
          """,
          """
          {"type":"object","patternProperties":{"^i_":{"type":"integer"},"^s_":{"type":"string"}},
            "additionalProperties":{"type":"boolean"},"minProperties":1,"maxProperties":4}\
          """,
          """
          {"allOf":[{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},
            {"properties":{"a":{"minimum":5},"b":{"type":"string","format":"uuid"}},"required":["b"]}]}\
          """,
          """
          {"type":"object","propertyNames":{"pattern":"^[a-z]+$"},"additionalProperties":
            {"type":"string","format":"ipv4"},"maxProperties":3}\
          """,
          """
          {"type":"object","properties":{"when":{"type":"string","format":"time"},"for":{"type":"string","format":"duration"},
            "host":{"type":"string","format":"hostname","pattern":"[.]net$"},"six":{"type":"string","format":"ipv6"},
            "at":{"type":"string","format":"uri"}},"required":["when","for","host","six","at"]}\
          """,
          "{\"type\":\"number\",\"minimum\":-12.5,\"maximum\":12.25,\"multipleOf\":0.25}",
          "{\"type\":\"integer\",\"exclusiveMinimum\":-1000,\"exclusiveMaximum\":-10}",
          "{\"anyOf\":[{\"type\":\"string\",\"maxLength\":3},{\"type\":\"null\"},{\"type\":\"number\"}]}");

  @Test
  void everySampledOutputIsValid() {
    Tokenizer tokenizer = Vocabularies.demoTokenizer();
    TokenTrie trie = Vocabularies.trieOf(tokenizer);
    GrammarCompiler compiler = new GrammarCompiler(trie);
    SchemaRegistry registry =
        SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12,
            builder ->
                builder.schemaRegistryConfig(
                    SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));
    for (String schema : SCHEMAS) {
      Schema validator = registry.getSchema(JsonMapper.shared().readTree(schema));
      for (boolean everyValid : new boolean[] {true, false}) {
        Grammar grammar = compiler.compile(new GrammarSpec.JsonSchema(schema, everyValid));
        Random random = new Random(schema.hashCode());
        for (int i = 0; i < OUTPUTS; i++) {
          String text =
              tokenizer.decode(
                  Vocabularies.sample(grammar, trie, random, random.nextInt(60)), false);
          JsonNode value = JsonMapper.shared().readTree(text);
          assertThat(validator.validate(value)).as("%s: %s", schema, text).isEmpty();
        }
      }
    }
  }
}
