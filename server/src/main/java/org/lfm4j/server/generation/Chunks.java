package org.lfm4j.server.generation;

import java.util.List;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import tools.jackson.databind.node.ObjectNode;

/** Writes the chunks of one stream; each method returns those that are to be sent now. */
public interface Chunks {

  /** Begins sample {@code index}, just before its first text or end. */
  List<ObjectNode> opening(int index);

  /** Takes more text of a sample. */
  List<ObjectNode> text(int index, String text);

  /** Ends a sample. */
  List<ObjectNode> end(int index);

  /** Ends the stream where its generation failed. */
  default List<ObjectNode> failure(ApiException error) {
    return List.of(Answer.errorBody(error));
  }

  /** Returns whether each chunk is sent under a name, that of its field {@code type}. */
  default boolean named() {
    return false;
  }

  /** Returns whether {@code [DONE]} ends the stream. */
  default boolean saysDone() {
    return true;
  }

  /** Chunks that can carry token counts. */
  interface Counting extends Chunks {
    /** Returns a chunk without choices, for token counts. */
    ObjectNode bare();

    /** Returns token counts as they are now. */
    Usage usage();
  }
}
