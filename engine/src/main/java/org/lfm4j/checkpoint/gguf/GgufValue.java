package org.lfm4j.checkpoint.gguf;

import java.util.List;

/** A metadata value to be written. */
public sealed interface GgufValue {

  /**
   * A whole number of 32 bits without sign.
   *
   * @param value in [0, 2^32)
   */
  record Whole(long value) implements GgufValue {}

  /**
   * A number of 32 bits.
   *
   * @param value any
   */
  record Real(float value) implements GgufValue {}

  /**
   * True or false.
   *
   * @param value either
   */
  record Truth(boolean value) implements GgufValue {}

  /**
   * A text.
   *
   * @param value any
   */
  record Text(String value) implements GgufValue {}

  /**
   * A list of texts.
   *
   * @param values any
   */
  record Texts(List<String> values) implements GgufValue {}

  /**
   * A list of whole numbers of 32 bits with sign.
   *
   * @param values any
   */
  record Wholes(List<Integer> values) implements GgufValue {}
}
