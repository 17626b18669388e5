package org.lfm4j.server.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.text.Tokenizer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** The words that an answer may not contain, as text and as token ids. */
public final class BadWords {
  private BadWords() {}

  /**
   * Reads {@code bad_words}.
   *
   * @throws ApiException if it is no list of texts
   */
  public static List<String> read(Fields body) {
    List<String> words = new ArrayList<>();
    for (JsonNode word : body.array("bad_words").map(ArrayNode::elements).orElse(List.of())) {
      if (!word.isString() || word.stringValue().isBlank()) {
        throw body.mustBe("bad_words", "a list of words");
      }
      words.add(word.stringValue());
    }
    return words;
  }

  /**
   * Returns the sequences of ids that spell the words: at the beginning of a text and after a
   * blank, which is part of a token. Control tokens may be named too.
   */
  public static List<List<Integer>> ids(List<String> words, Tokenizer tokenizer) {
    Set<List<Integer>> ids = new LinkedHashSet<>();
    for (String word : words) {
      String bare = word.stripLeading();
      for (String form : List.of(bare, " " + bare)) {
        ids.add(Arrays.stream(tokenizer.encodeTrusted(form, false)).boxed().toList());
      }
    }
    return List.copyOf(ids);
  }
}
