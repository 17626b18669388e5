package org.lfm4j.vast;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A search for offers.
 *
 * @param query what they must fulfil
 * @param order fields to sort by, as in {@code dph,score-}
 * @param type {@code on-demand}, {@code bid} or {@code reserved}
 * @param limit most offers to return; empty leaves it to the service
 * @param storage GiB of disk that prices are computed for
 */
public record OfferSearch(
    Query query, String order, String type, OptionalInt limit, double storage) {
  /** Conditions that hold unless a query says otherwise. */
  public static final String DEFAULT_QUERY = "verified=true external=false rentable=true";

  /** Best value first, in Vast's opinion. */
  public static final String DEFAULT_ORDER = "score-";

  /** What the service assumes too. */
  public static final double DEFAULT_STORAGE = 5;

  /** Returns the body of the request. */
  public ObjectNode toJson() {
    ObjectNode body = query.toJson();
    body.set("order", order(order));
    body.put("type", type.equals("interruptible") ? "bid" : type);
    limit.ifPresent(most -> body.put("limit", most));
    body.put("allocated_storage", storage);
    return body;
  }

  private static ArrayNode order(String text) {
    ArrayNode order = JsonNodeFactory.instance.arrayNode();
    for (String part : Pattern.compile(",").splitAsStream(text).toList()) {
      field(part.strip()).ifPresent(order::add);
    }
    return order;
  }

  private static Optional<ArrayNode> field(String part) {
    String name = part.replaceAll("^[+-]+|[+-]+$", "");
    if (name.isEmpty()) {
      return Optional.empty();
    }
    boolean descending = part.startsWith("-") || part.endsWith("-");
    return Optional.of(
        JsonNodeFactory.instance
            .arrayNode()
            .add(OfferField.resolve(name))
            .add(descending ? "desc" : "asc"));
  }
}
