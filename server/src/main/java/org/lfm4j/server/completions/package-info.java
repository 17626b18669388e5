/** {@code POST /v1/completions}: plain text, continued. */
@NullMarked
package org.lfm4j.server.completions;

import org.jspecify.annotations.NullMarked;
