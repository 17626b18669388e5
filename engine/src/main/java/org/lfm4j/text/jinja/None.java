package org.lfm4j.text.jinja;

/** Python's None. */
public enum None {
  /** The one None. */
  NONE
}
