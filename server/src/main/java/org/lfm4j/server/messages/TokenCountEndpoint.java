package org.lfm4j.server.messages;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.JsonBody;
import org.lfm4j.server.model.ServedModel;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/messages/count_tokens}. */
public final class TokenCountEndpoint {
  private final ServedModel served;

  public TokenCountEndpoint(ServedModel served) {
    this.served = served;
  }

  /** Answers with how many tokens a conversation has, tools included. */
  public void handle(ServerRequest request, ServerResponse response) {
    Fields body = JsonBody.fields(request);
    served.nameFor(body);
    LanguageModel model = served.model();
    MessagesFields.PROMPT.refuseUnsupported(body);
    int[] tokens = MessagePrompt.encode(model, MessagePrompt.read(body, MessageTools.read(body)));
    MessagesFields.PROMPT.reportUnknown(body, response);
    ObjectNode count = Json.MAPPER.createObjectNode();
    count.put("input_tokens", tokens.length);
    Answer.json(request, response, 200, count);
  }
}
