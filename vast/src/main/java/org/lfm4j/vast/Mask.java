package org.lfm4j.vast;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Takes secrets out of whatever is shown, saved or logged. */
public final class Mask {
  /** What stands in a secret's place. */
  public static final String HIDDEN = "***";

  private static final int SHORTEST = 6;
  private static final Pattern SECRET_NAME =
      Pattern.compile("(?i).*(api_?key|token|secret|passw|credential|login).*");
  private static final Pattern NOT_SECRET = Pattern.compile("(?i)next_token|after_token");
  private static final List<Pattern> SHAPES =
      List.of(
          Pattern.compile("(?i)(?<=bearer )[A-Za-z0-9._~+/=-]{6,}"),
          Pattern.compile("(?i)(?<=api_key=)[^&\\s\"']+"),
          Pattern.compile("\\bhf_[A-Za-z0-9]{10,}"),
          Pattern.compile(
              "(?i)(?<=(?:api_key|token|secret|password)[\"']{0,1}[=:] {0,1}[\"']{0,1})[A-Za-z0-9._~+/-]{12,}"));

  private final List<String> secrets;

  private Mask(List<String> secrets) {
    this.secrets = secrets;
  }

  /** Hides these texts and everything that looks like a key. */
  public static Mask of(Collection<String> secrets) {
    List<String> known = new ArrayList<>();
    for (String secret : secrets) {
      if (secret.length() >= SHORTEST) {
        known.add(secret);
      }
    }
    return new Mask(known);
  }

  /** Returns a mask that hides further texts too. */
  public Mask with(Collection<String> more) {
    List<String> all = new ArrayList<>(secrets);
    all.addAll(more);
    return of(all);
  }

  /** Returns a text without secrets. */
  public String text(String text) {
    String masked = text;
    for (String secret : secrets) {
      masked = masked.replace(secret, HIDDEN);
    }
    for (Pattern shape : SHAPES) {
      masked = shape.matcher(masked).replaceAll(HIDDEN);
    }
    return masked;
  }

  /** Returns a copy of a JSON value without secrets. */
  public JsonNode json(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> {
        ObjectNode copy = object.objectNode();
        object.forEachEntry((name, value) -> copy.set(name, field(name, value)));
        yield copy;
      }
      case ArrayNode array -> {
        ArrayNode copy = array.arrayNode();
        boolean pair = array.size() == 2 && array.get(0).isString() && secretName(array.get(0));
        for (int i = 0; i < array.size(); i++) {
          copy.add(pair && i == 1 ? StringNode.valueOf(HIDDEN) : json(array.get(i)));
        }
        yield copy;
      }
      case StringNode string -> StringNode.valueOf(text(string.stringValue()));
      default -> node;
    };
  }

  private JsonNode field(String name, JsonNode value) {
    boolean secret =
        SECRET_NAME.matcher(name).matches()
            && !NOT_SECRET.matcher(name).matches()
            && value.isValueNode()
            && !value.isNull()
            && !value.isBoolean();
    return secret ? StringNode.valueOf(HIDDEN) : json(value);
  }

  private static boolean secretName(JsonNode name) {
    return SECRET_NAME.matcher(name.stringValue()).matches();
  }
}
