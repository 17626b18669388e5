/**
 * Constrained decoding: JSON schemas, regular expressions, choices, EBNF grammars and tool calls
 * become automata over bytes, and those become masks over the vocabulary. Knows the bytes of tokens
 * and nothing else of the engine.
 */
@NullMarked
package org.lfm4j.sampling.grammar;

import org.jspecify.annotations.NullMarked;
