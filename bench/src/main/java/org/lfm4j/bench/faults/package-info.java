/** What a server is put through, and whether it recovers. */
@NullMarked
package org.lfm4j.bench.faults;

import org.jspecify.annotations.NullMarked;
