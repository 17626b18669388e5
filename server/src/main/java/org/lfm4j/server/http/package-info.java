/** Below every endpoint: connections, JSON bodies, typed fields, answers and errors. */
@NullMarked
package org.lfm4j.server.http;

import org.jspecify.annotations.NullMarked;
