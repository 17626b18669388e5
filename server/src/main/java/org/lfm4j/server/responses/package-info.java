/** {@code POST /v1/responses}: request, answer and stream of OpenAI's Responses API. */
@NullMarked
package org.lfm4j.server.responses;

import org.jspecify.annotations.NullMarked;
