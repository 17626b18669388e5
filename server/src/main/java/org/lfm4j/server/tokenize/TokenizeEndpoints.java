package org.lfm4j.server.tokenize;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.chat.ChatPrompts;
import org.lfm4j.server.chat.ChatTools;
import org.lfm4j.server.generation.TokenIds;
import org.lfm4j.server.generation.TokenNames;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.JsonBody;
import org.lfm4j.server.http.KnownFields;
import org.lfm4j.server.model.ServedModel;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Text to tokens and back, as the model's prompts are encoded. */
public final class TokenizeEndpoints {
  /** What {@code /tokenize} knows. */
  public static final KnownFields TOKENIZE =
      KnownFields.reading("model", "prompt", "return_token_strs", "tool_choice")
          .and(ChatPrompts.KNOWN)
          .and(
              new KnownFields(
                  Set.of(),
                  Set.of(),
                  Map.of(
                      "media_io_kwargs",
                      KnownFields.isEmpty(),
                      "mm_processor_kwargs",
                      KnownFields.isEmpty())));

  /** What {@code /detokenize} knows. */
  public static final KnownFields DETOKENIZE = KnownFields.reading("model", "tokens");

  private final ServedModel served;
  private final ChatPrompts prompts;

  public TokenizeEndpoints(ServedModel served, ChatPrompts prompts) {
    this.served = served;
    this.prompts = prompts;
  }

  /** Encodes {@code prompt}, or {@code messages} as the chat endpoint would. */
  public void tokenize(ServerRequest request, ServerResponse response) {
    Fields body = JsonBody.fields(request);
    ObjectNode answer = tokenize(body);
    TOKENIZE.reportUnknown(body, response);
    Answer.json(request, response, 200, answer);
  }

  /** Returns the answer to a body of {@code /tokenize}. */
  public ObjectNode tokenize(Fields body) {
    LanguageModel model = model(body);
    TOKENIZE.refuseUnsupported(body);
    int[] ids = ids(body, model);
    ObjectNode answer = Json.MAPPER.createObjectNode();
    answer.put("count", ids.length);
    answer.put("max_model_len", model.maxModelLength());
    TokenNames.putIds(answer, "tokens", ids);
    answer.putNull("token_strs");
    if (body.bool("return_token_strs")) {
      ArrayNode texts = answer.putArray("token_strs");
      for (int id : ids) {
        texts.add(model.tokenizer().spelling(id));
      }
    }
    return answer;
  }

  private int[] ids(Fields body, LanguageModel model) {
    if (body.has("messages")) {
      if (body.has("prompt")) {
        throw ApiException.badRequest("prompt", "prompt and messages can't both be given");
      }
      List<Object> tools = ChatTools.read(body).shown();
      return ChatPrompts.encode(model, prompts.read(body, tools), body);
    }
    String prompt =
        body.string("prompt")
            .orElseThrow(() -> body.mustBe("prompt", "a text, unless messages are given"));
    return model.tokenizer().encodeTrusted(prompt, body.bool("add_special_tokens", true));
  }

  /** Decodes token ids, control tokens included. */
  public void detokenize(ServerRequest request, ServerResponse response) {
    Fields body = JsonBody.fields(request);
    ObjectNode answer = detokenize(body);
    DETOKENIZE.reportUnknown(body, response);
    Answer.json(request, response, 200, answer);
  }

  /** Returns the answer to a body of {@code /detokenize}. */
  public ObjectNode detokenize(Fields body) {
    LanguageModel model = model(body);
    ArrayNode tokens =
        body.array("tokens").orElseThrow(() -> body.mustBe("tokens", "a list of token ids"));
    int[] ids = TokenIds.read(tokens, "tokens", "tokens", model.config().vocabSize());
    ObjectNode answer = Json.MAPPER.createObjectNode();
    answer.put("prompt", model.tokenizer().decode(ids, false));
    return answer;
  }

  private LanguageModel model(Fields body) {
    served.nameFor(body);
    return served.model();
  }
}
