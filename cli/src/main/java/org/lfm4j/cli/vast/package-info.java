/** {@code lfm vast}: thin commands over the Vast client and the rental life cycle. */
@NullMarked
package org.lfm4j.cli.vast;

import org.jspecify.annotations.NullMarked;
