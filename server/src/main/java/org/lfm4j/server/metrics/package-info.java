/** What {@code /metrics} and {@code /load} show: vLLM's names and labels, measured here. */
@NullMarked
package org.lfm4j.server.metrics;

import org.jspecify.annotations.NullMarked;
