/** {@code POST /tokenize} and {@code POST /detokenize}. */
@NullMarked
package org.lfm4j.server.tokenize;

import org.jspecify.annotations.NullMarked;
