/** What a model says, taken apart: reasoning, content and tool calls. */
@NullMarked
package org.lfm4j.text.tools;

import org.jspecify.annotations.NullMarked;
