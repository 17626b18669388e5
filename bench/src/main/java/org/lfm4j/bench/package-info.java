/** Programs that measure lfm4j, alone or beside other engines. */
@NullMarked
package org.lfm4j.bench;

import org.jspecify.annotations.NullMarked;
