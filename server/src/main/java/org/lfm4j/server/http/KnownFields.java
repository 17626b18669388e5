package org.lfm4j.server.http;

import io.helidon.webserver.http.ServerResponse;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;

/**
 * The fields of a body that an endpoint knows; any other is ignored, and the client is told so.
 *
 * @param read fields with a meaning here
 * @param harmless fields that are accepted without effect, since they can't change the answer
 * @param unsupported fields that are refused, and which of their values ask for nothing
 */
public record KnownFields(
    Set<String> read, Set<String> harmless, Map<String, Predicate<JsonNode>> unsupported) {
  private static final System.Logger LOG = System.getLogger(KnownFields.class.getName());
  private static final String IGNORED_HEADER = "X-Lfm-Ignored-Fields";

  /** Fields that are read, and no others. */
  public static KnownFields reading(String... names) {
    return new KnownFields(Set.of(names), Set.of(), Map.of());
  }

  /** Returns these fields and those. Where both know one, reading it wins over refusing it. */
  public KnownFields and(KnownFields more) {
    Set<String> allRead = union(read, more.read);
    Map<String, Predicate<JsonNode>> allUnsupported = new HashMap<>(unsupported);
    allUnsupported.putAll(more.unsupported);
    allUnsupported.keySet().removeAll(allRead);
    return new KnownFields(allRead, union(harmless, more.harmless), allUnsupported);
  }

  private static Set<String> union(Set<String> a, Set<String> b) {
    Set<String> all = new HashSet<>(a);
    all.addAll(b);
    return all;
  }

  /**
   * Refuses a request whose unsupported fields ask for something: ignoring them would give an
   * answer that the client did not ask for.
   *
   * @throws ApiException naming the field
   */
  public void refuseUnsupported(Fields body) {
    body.node()
        .forEachEntry((name, value) -> {
          Predicate<JsonNode> neutral = unsupported.get(name);
          if (neutral != null && !value.isNull() && !neutral.test(value)) {
            throw ApiException.badRequest(
                name,
                "%s is not supported by this server, got %s: leave it out"
                    .formatted(name, Json.quote(value)));
          }
        });
  }

  /** Names the fields that nobody knows in the answer's header and in the log. */
  public void reportUnknown(Fields body, ServerResponse response) {
    List<String> unknown = unknown(body);
    if (!unknown.isEmpty()) {
      String names = JsonBody.headerSafe(unknown);
      response.header(IGNORED_HEADER, names);
      LOG.log(Level.INFO, "Ignored unknown fields of a request: {0}", names);
    }
  }

  /** Returns the names of fields that nobody knows, in the body's order. */
  public List<String> unknown(Fields body) {
    List<String> unknown = new ArrayList<>();
    for (String name : body.node().propertyNames()) {
      if (!read.contains(name) && !harmless.contains(name) && !unsupported.containsKey(name)) {
        unknown.add(name);
      }
    }
    return unknown;
  }

  /** Values that ask for nothing: this number. */
  public static Predicate<JsonNode> is(int number) {
    return value -> value.isNumber() && value.doubleValue() == number;
  }

  /** Values that ask for nothing: this flag. */
  public static Predicate<JsonNode> is(boolean flag) {
    return value -> value.isBoolean() && value.booleanValue() == flag;
  }

  /** Values that ask for nothing: this text. */
  public static Predicate<JsonNode> is(String text) {
    return value -> value.asString("").equals(text);
  }

  /** Values that ask for nothing: empty lists and objects. */
  public static Predicate<JsonNode> isEmpty() {
    return value -> value.isContainer() && value.isEmpty();
  }

  /** Values that ask for nothing: none but null. */
  public static Predicate<JsonNode> never() {
    return value -> false;
  }
}
