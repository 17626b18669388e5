package org.lfm4j.checkpoint;

/** What mixes tokens in a layer. */
public enum LayerKind {
  /** Gated short convolution ({@code "conv"} in config.json). */
  CONV,
  /** Grouped-query attention ({@code "full_attention"} in config.json). */
  ATTENTION
}
