/**
 * Runs requests on a runner: one thread drives the arithmetic, callers wait on their own threads.
 */
@NullMarked
package org.lfm4j.engine;

import org.jspecify.annotations.NullMarked;
