package org.lfm4j.server.generation;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.lfm4j.Generation;
import org.lfm4j.text.Tokenizer;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How answers name tokens: by their text, or by their ids, since not all texts are distinct.
 *
 * @param tokenizer the model's
 * @param asIds whether tokens are named like {@code token_id:17}
 */
public record TokenNames(Tokenizer tokenizer, boolean asIds) {

  /** Returns a token's name; bytes that are no character by themselves show as U+FFFD. */
  public String of(int id) {
    return asIds ? "token_id:" + id : new String(bytes(id), StandardCharsets.UTF_8);
  }

  /** Returns a token's bytes. */
  public byte[] bytes(int id) {
    return tokenizer.bytes(id);
  }

  /** Writes a list of ids. */
  public static void putIds(ObjectNode node, String field, int[] ids) {
    ArrayNode array = node.putArray(field);
    Arrays.stream(ids).forEach(array::add);
  }

  /**
   * Writes the ids generated since there were {@code reported}.
   *
   * @return how many have been reported now
   */
  public static int putNewIds(ObjectNode choice, Generation generation, int reported) {
    int[] all = generation.tokens();
    putIds(choice, "token_ids", Arrays.copyOfRange(all, reported, all.length));
    return all.length;
  }
}
