/** Reads published model directories: configuration, weights, generation defaults. */
@NullMarked
package org.lfm4j.checkpoint;

import org.jspecify.annotations.NullMarked;
