/** The life of a rental: find, rent, wait until it serves, end it, and be sure that it ended. */
@NullMarked
package org.lfm4j.vast.rental;

import org.jspecify.annotations.NullMarked;
