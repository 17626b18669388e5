package org.lfm4j.server.generation;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Writes the chunks of one stream; each method returns those that are to be sent now. */
public interface Chunks {

  /** Begins sample {@code index}, just before its first text or end. */
  List<ObjectNode> opening(int index);

  /** Takes more text of a sample. */
  List<ObjectNode> text(int index, String text);

  /** Ends a sample. */
  List<ObjectNode> end(int index);

  /** Returns a chunk without choices, for token counts. */
  ObjectNode bare();

  /** Returns token counts as they are now. */
  Usage usage();
}
