/** Named, typed, shaped views of weight memory. */
@NullMarked
package org.lfm4j.tensor;

import org.jspecify.annotations.NullMarked;
