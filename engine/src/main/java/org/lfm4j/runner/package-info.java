/** The contract between scheduling and arithmetic. */
@NullMarked
package org.lfm4j.runner;

import org.jspecify.annotations.NullMarked;
