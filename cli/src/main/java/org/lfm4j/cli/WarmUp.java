package org.lfm4j.cli;

import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineException;

/**
 * A request of our own before the first of a client: it links kernels and loads classes while the
 * server still starts. Two tokens in touch few experts of a large model, whose weights may be on
 * disk; one more token is a step of decoding.
 */
final class WarmUp {
  private static final int[] PROMPT = {0, 0};
  private static final int OUTPUT = 2;

  private WarmUp() {}

  /** Generates two tokens, if the model's longest sequence has room for them. */
  static void of(LanguageModel model) {
    if (model.maxModelLength() < PROMPT.length + OUTPUT) {
      return;
    }
    GenerationRequest request =
        GenerationRequest.of(PROMPT, model.generationConfig().sampling())
            .withMaxTokens(OUTPUT)
            .withIgnoreEos(true);
    try (Generation generation = model.generate(request)) {
      generation.text();
    } catch (EngineException e) {
      // A client's request will meet the same, and say it to somebody.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
