package org.lfm4j;

/** Why a generation ended. */
public enum FinishReason {
  /** The model ended its turn, or a stop string appeared. */
  STOP,
  /** The token limit or the context length was reached. */
  LENGTH,
  /** The caller closed the generation or the model was closed. */
  ABORT
}
