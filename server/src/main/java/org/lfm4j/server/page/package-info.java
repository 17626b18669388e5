/** The web page at {@code /}: its files and the headers they are sent with. */
@NullMarked
package org.lfm4j.server.page;

import org.jspecify.annotations.NullMarked;
