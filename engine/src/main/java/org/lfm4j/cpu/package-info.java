/** Arithmetic on the CPU: a readable reference and the Vector API runner. */
@NullMarked
package org.lfm4j.cpu;

import org.jspecify.annotations.NullMarked;
