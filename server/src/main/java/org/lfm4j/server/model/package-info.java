/** The model a server answers for. */
@NullMarked
package org.lfm4j.server.model;

import org.jspecify.annotations.NullMarked;
