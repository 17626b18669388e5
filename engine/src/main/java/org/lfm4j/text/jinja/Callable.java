package org.lfm4j.text.jinja;

/** What can be called in an expression: a macro, a global function, a method of a value. */
interface Callable {
  Object call(Arguments arguments);
}
