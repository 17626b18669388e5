/** A span for each request, sent to an OpenTelemetry collector. */
@NullMarked
package org.lfm4j.server.trace;

import org.jspecify.annotations.NullMarked;
