package org.lfm4j.text;

/** JSON's null and Python's None as a value: collections here hold no Java null. */
public enum JsonNull {
  /** The one null. */
  NULL
}
