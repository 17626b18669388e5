/** Whether the engine really works. */
@NullMarked
package org.lfm4j.server.health;

import org.jspecify.annotations.NullMarked;
