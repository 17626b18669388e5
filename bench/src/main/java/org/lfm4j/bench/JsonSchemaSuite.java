package org.lfm4j.bench;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.lfm4j.sampling.grammar.Grammar;
import org.lfm4j.sampling.grammar.GrammarCompiler;
import org.lfm4j.sampling.grammar.GrammarException;
import org.lfm4j.sampling.grammar.GrammarMatcher;
import org.lfm4j.sampling.grammar.GrammarSpec;
import org.lfm4j.sampling.grammar.TokenTrie;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Runs the official JSON-Schema-Test-Suite (draft 2020-12): a grammar must accept the text of an
 * instance if and only if the instance is valid. An instance counts as accepted if one order of its
 * keys is, since grammars fix the order.
 */
public final class JsonSchemaSuite {
  private static final int END = 256;
  private static final int MOST_ORDERS = 20_000;

  private static final List<String> KEYWORDS =
      List.of(
          "additionalProperties",
          "allOf",
          "anchor",
          "anyOf",
          "boolean_schema",
          "const",
          "default",
          "defs",
          "enum",
          "exclusiveMaximum",
          "exclusiveMinimum",
          "if-then-else",
          "infinite-loop-detection",
          "items",
          "maxItems",
          "maxLength",
          "maxProperties",
          "maximum",
          "minItems",
          "minLength",
          "minProperties",
          "minimum",
          "multipleOf",
          "not",
          "oneOf",
          "pattern",
          "patternProperties",
          "prefixItems",
          "properties",
          "propertyNames",
          "ref",
          "required",
          "type",
          "optional/format/date",
          "optional/format/time",
          "optional/format/date-time",
          "optional/format/duration",
          "optional/format/email",
          "optional/format/hostname",
          "optional/format/ipv4",
          "optional/format/ipv6",
          "optional/format/uri",
          "optional/format/uuid");

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

  private final GrammarCompiler compiler =
      new GrammarCompiler(
          new TokenTrie(
              END + 1, id -> new byte[] {(byte) id}, id -> id < END, Map.of(), Set.of(END)));

  private final boolean verbose;
  private int passed;
  private int failed;
  private int refused;
  private int outside;

  private JsonSchemaSuite(boolean verbose) {
    this.verbose = verbose;
  }

  /** Takes the suite's directory, and optionally {@code -v} to list what fails and why. */
  public static void main(String[] args) throws IOException {
    if (args.length == 0) {
      System.err.println("usage: JsonSchemaSuite DIRECTORY [-v]");
      System.exit(2);
    }
    Path tests = Path.of(args[0], "tests", "draft2020-12");
    Map<String, int[]> table = new TreeMap<>();
    int[] total = new int[4];
    for (String keyword : KEYWORDS) {
      JsonSchemaSuite suite = new JsonSchemaSuite(args.length > 1);
      suite.run(keyword, tests.resolve(keyword + ".json"));
      int[] counts = {suite.passed, suite.failed, suite.refused, suite.outside};
      table.put(keyword.replace("optional/format/", "format: "), counts);
      for (int i = 0; i < counts.length; i++) {
        total[i] += counts[i];
      }
    }
    System.out.println("| keyword | right | wrong | schema refused | needs other keywords |");
    System.out.println("|---|---:|---:|---:|---:|");
    table.forEach((keyword, c) -> System.out.println(row(keyword, c)));
    System.out.println(row("**all**", total));
    System.out.printf(
        "%.1f %% right of the cases that need supported keywords only%n",
        100.0 * total[0] / (total[0] + total[1] + total[2]));
  }

  private static String row(String name, int[] counts) {
    return "| %s | %d | %d | %d | %d |".formatted(name, counts[0], counts[1], counts[2], counts[3]);
  }

  private void run(String keyword, Path file) throws IOException {
    for (JsonNode group : MAPPER.readTree(Files.readString(file))) {
      Grammar grammar;
      try {
        grammar =
            compiler.compile(new GrammarSpec.JsonSchema(group.get("schema").toString(), true));
      } catch (GrammarException e) {
        refuse(keyword, group, e);
        continue;
      }
      for (JsonNode test : group.get("tests")) {
        boolean accepted =
            texts(test.get("data")).stream().anyMatch(text -> accepts(grammar, text));
        if (accepted == test.get("valid").booleanValue()) {
          passed++;
        } else {
          failed++;
          say(
              "WRONG %s: %s: %s: %s %s"
                  .formatted(
                      keyword,
                      group.get("description"),
                      test.get("description"),
                      group.get("schema"),
                      test.get("data")));
        }
      }
    }
  }

  /** A schema that nothing satisfies is an error to us, and its invalid instances are right. */
  private void refuse(String keyword, JsonNode group, GrammarException e) {
    String message = String.valueOf(e.getMessage());
    boolean unsatisfiable = message.startsWith("no output can satisfy");
    boolean other = message.contains("is not supported") || message.contains("leads out");
    for (JsonNode test : group.get("tests")) {
      if (other) {
        outside++;
      } else if (!unsatisfiable) {
        refused++;
      } else if (test.get("valid").booleanValue()) {
        failed++;
      } else {
        passed++;
      }
    }
    if (!unsatisfiable) {
      say("REFUSED %s: %s: %s".formatted(keyword, group.get("description"), e.getMessage()));
    }
  }

  private void say(String line) {
    if (verbose) {
      System.out.println(line);
    }
  }

  private static boolean accepts(Grammar grammar, String text) {
    GrammarMatcher matcher = grammar.newMatcher();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      if (!matcher.mask().contains(b & 0xff)) {
        return false;
      }
      matcher.accept(b & 0xff);
    }
    return matcher.mask().contains(END);
  }

  /** Returns the compact texts of a value, in all orders of the keys. */
  private static List<String> texts(JsonNode value) {
    if (value.isNumber()) {
      return List.of(number(value.decimalValue()));
    }
    if (value.isArray()) {
      List<String> texts = List.of("");
      for (JsonNode item : value) {
        texts = joined(texts, texts(item), ",");
      }
      return texts.stream().map(text -> "[" + text + "]").toList();
    }
    if (value.isObject()) {
      List<String> texts = new ArrayList<>();
      orders(List.copyOf(value.propertyNames()), new ArrayList<>(), texts, value);
      return texts;
    }
    return List.of(value.toString());
  }

  private static void orders(
      List<String> left, List<String> taken, List<String> texts, JsonNode object) {
    if (left.isEmpty()) {
      List<String> all = List.of("");
      for (String name : taken) {
        String key = MAPPER.writeValueAsString(name) + ":";
        all = joined(all, texts(object.get(name)).stream().map(v -> key + v).toList(), ",");
      }
      all.forEach(text -> texts.add("{" + text + "}"));
      return;
    }
    for (String name : left) {
      if (texts.size() > MOST_ORDERS) {
        return;
      }
      List<String> others = new ArrayList<>(left);
      others.remove(name);
      List<String> more = new ArrayList<>(taken);
      more.add(name);
      orders(others, more, texts, object);
    }
  }

  private static List<String> joined(List<String> left, List<String> right, String separator) {
    List<String> all = new ArrayList<>();
    for (String a : left) {
      for (String b : right) {
        all.add(a.isEmpty() ? b : a + separator + b);
      }
    }
    return all;
  }

  /** Writes numbers as RFC 8785 does, as far as the suite needs it. */
  private static String number(BigDecimal number) {
    if (number.signum() == 0) {
      return "0";
    }
    BigDecimal plain = number.stripTrailingZeros();
    boolean large = plain.precision() - plain.scale() > 21;
    return large ? plain.unscaledValue() + "e+" + -plain.scale() : plain.toPlainString();
  }
}
