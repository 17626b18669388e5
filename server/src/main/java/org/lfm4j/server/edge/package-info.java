/** What every request passes on its way in and out: ids, origins, the access log, the drain. */
@NullMarked
package org.lfm4j.server.edge;

import org.jspecify.annotations.NullMarked;
