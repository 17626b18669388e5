/** From logits to one token id. */
@NullMarked
package org.lfm4j.sampling;

import org.jspecify.annotations.NullMarked;
