package org.lfm4j.server.messages;

import java.util.List;
import java.util.OptionalInt;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.AnswerReading;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.server.generation.Dialect;
import org.lfm4j.server.generation.GenerationFields;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.GenerationRequests;
import org.lfm4j.server.generation.Tools;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.KnownFields;
import org.lfm4j.text.ChatPrompt;

/** {@code POST /v1/messages}. */
public final class MessagesDialect implements Dialect {

  @Override
  public String idPrefix() {
    return "msg_";
  }

  @Override
  public KnownFields fields() {
    return MessagesFields.ALL;
  }

  @Override
  public Job read(Fields body, LanguageModel model) {
    Tools tools = MessageTools.read(body);
    boolean parallel = MessageTools.parallel(body);
    ChatPrompt prompt = MessagePrompt.read(body, tools);
    OptionalInt maxTokens = GenerationFields.maxTokens(body, "max_tokens", 1);
    if (maxTokens.isEmpty()) {
      throw body.mustBe("max_tokens", "the most tokens to generate");
    }
    GenerationOptions options =
        GenerationFields.read(
                body,
                model.generationConfig().sampling(),
                "stop_sequences",
                maxTokens,
                OptionalInt.empty(),
                OptionalInt.empty())
            .withFormat(AskedGrammar.flatFormat(body.objectOrEmpty("output_config")));
    options = tools.apply(options, parallel);
    List<GenerationRequest> requests =
        new GenerationRequests(model, options, "messages", "")
            .of(List.of(MessagePrompt.encode(model, prompt)));
    AnswerReading reading = tools.reading(requests.getFirst(), model, true, parallel);
    return new Job(requests, options, new MessageFormat(reading, maxTokens.getAsInt()));
  }
}
