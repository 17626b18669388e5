package org.lfm4j.server.responses;

import java.util.List;
import java.util.Optional;
import org.lfm4j.Generation;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.generation.AnswerFormat;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.AnswerReading;
import org.lfm4j.server.generation.Chunks;
import org.lfm4j.server.generation.GenerationOptions;
import org.lfm4j.server.generation.OutputLogprobs;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.TokenNames;
import org.lfm4j.server.http.Fields;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes answers as {@code response}.
 *
 * @param reading how the answer is taken apart
 * @param body the request, much of which the answer repeats
 */
record ResponsesFormat(
    LanguageModel model, GenerationOptions options, AnswerReading reading, Fields body)
    implements AnswerFormat {

  @Override
  public ObjectNode whole(AnswerHead head, Samples samples, List<String> texts) {
    ResponseOutput output = output(samples.get(0));
    output.add(texts.getFirst(), true);
    output.finish();
    return response(head).ended(output, samples);
  }

  @Override
  public Chunks chunks(AnswerHead head, Samples samples) {
    return new ResponseEvents(response(head), output(samples.get(0)), samples);
  }

  private ResponseObject response(AnswerHead head) {
    return new ResponseObject(head, options, body, model.tokenizer());
  }

  private ResponseOutput output(Generation generation) {
    return new ResponseOutput(generation, reading.start(), logprobs(generation));
  }

  private Optional<OutputLogprobs> logprobs(Generation generation) {
    if (options.sampling().logprobs().isEmpty()) {
      return Optional.empty();
    }
    TokenNames names = new TokenNames(model.tokenizer(), options.tokensAsIds());
    return Optional.of(new OutputLogprobs(names, generation, options.includeStop()));
  }
}
