/**
 * What every endpoint that generates text shares: sampling fields, samples, running generations.
 */
@NullMarked
package org.lfm4j.server.generation;

import org.jspecify.annotations.NullMarked;
