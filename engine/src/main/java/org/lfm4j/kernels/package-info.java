/**
 * The kernels in C as a library: found, loaded, and linked to whoever calls them. What they compute
 * is said where they are called.
 */
@NullMarked
package org.lfm4j.kernels;

import org.jspecify.annotations.NullMarked;
