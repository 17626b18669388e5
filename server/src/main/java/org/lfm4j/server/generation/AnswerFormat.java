package org.lfm4j.server.generation;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** How the answers to one request are written. */
public interface AnswerFormat {

  /**
   * Returns the answers as one object, once all have ended.
   *
   * @param texts the text of each sample
   */
  ObjectNode whole(AnswerHead head, Samples samples, List<String> texts);

  /** Returns a writer of chunks for a stream that begins. */
  Chunks chunks(AnswerHead head, Samples samples);
}
