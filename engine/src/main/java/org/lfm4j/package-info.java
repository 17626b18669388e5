/** The façade a Java user meets: load a model, chat with it, stream what it says. */
@NullMarked
package org.lfm4j;

import org.jspecify.annotations.NullMarked;
