/** Certificates and keys from files that may change. */
@NullMarked
package org.lfm4j.server.tls;

import org.jspecify.annotations.NullMarked;
