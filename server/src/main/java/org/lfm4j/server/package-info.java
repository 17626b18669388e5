/** OpenAI-compatible HTTP API over an lfm4j engine. */
@NullMarked
package org.lfm4j.server;

import org.jspecify.annotations.NullMarked;
