package org.lfm4j.sampling.grammar;

/** How one character of a text is written down. */
interface CharEncoding {
  /** Plain UTF-8. */
  CharEncoding RAW = Expression.Chars::new;

  /** Returns what a character of the set may be written as. */
  Expression encode(CharSet set);
}
