/** {@code POST /v1/messages}: request, answer and stream of Anthropic's Messages API. */
@NullMarked
package org.lfm4j.server.messages;

import org.jspecify.annotations.NullMarked;
