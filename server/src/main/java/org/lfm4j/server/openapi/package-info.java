/** {@code /openapi.json}, the description of the API, and {@code /docs}, which shows it. */
@NullMarked
package org.lfm4j.server.openapi;

import org.jspecify.annotations.NullMarked;
