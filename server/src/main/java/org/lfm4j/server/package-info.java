/** OpenAI-compatible HTTP endpoints over a language model. */
@NullMarked
package org.lfm4j.server;

import org.jspecify.annotations.NullMarked;
