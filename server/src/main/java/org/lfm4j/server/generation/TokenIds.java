package org.lfm4j.server.generation;

import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Token ids that clients send in place of text. */
public final class TokenIds {
  private TokenIds() {}

  /**
   * Reads a list of ids.
   *
   * @param param the field to blame
   * @param place where the list stands in the body
   * @throws ApiException if one is not of the model's vocabulary
   */
  public static int[] read(ArrayNode list, String param, String place, int vocabSize) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      JsonNode id = list.get(i);
      if (!id.isInt() || id.intValue() < 0 || id.intValue() >= vocabSize) {
        throw ApiException.badRequest(
            param,
            "%s[%d] must be a token id in [0, %d), got %s"
                .formatted(place, i, vocabSize, Json.quote(id)));
      }
      ids[i] = id.intValue();
    }
    return ids;
  }
}
