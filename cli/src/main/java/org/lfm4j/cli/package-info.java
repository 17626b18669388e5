/** The lfm command: thin commands over engine and server. */
@NullMarked
package org.lfm4j.cli;

import org.jspecify.annotations.NullMarked;
