/** {@code POST /v1/chat/completions}: request, answer and stream. */
@NullMarked
package org.lfm4j.server.chat;

import org.jspecify.annotations.NullMarked;
