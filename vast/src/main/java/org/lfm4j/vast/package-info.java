/** Vast.ai's REST service: typed calls, its query language, its errors and its pace. */
@NullMarked
package org.lfm4j.vast;

import org.jspecify.annotations.NullMarked;
