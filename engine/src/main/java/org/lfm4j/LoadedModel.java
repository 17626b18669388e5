package org.lfm4j;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.Engine;
import org.lfm4j.engine.Request;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.StopStrings;
import org.lfm4j.text.Tokenizer;

/** A model directory, its engine and its text tools. */
final class LoadedModel implements LanguageModel {
  private final Checkpoint checkpoint;
  private final GenerationConfig generationConfig;
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final Engine engine;
  private final int maxModelLength;
  private final Set<Integer> stopIds;

  LoadedModel(
      Checkpoint checkpoint,
      GenerationConfig generationConfig,
      Tokenizer tokenizer,
      ChatTemplate template,
      Engine engine,
      int maxModelLength) {
    this.checkpoint = checkpoint;
    this.generationConfig = generationConfig;
    this.tokenizer = tokenizer;
    this.template = template;
    this.engine = engine;
    this.maxModelLength = maxModelLength;
    this.stopIds = new HashSet<>(generationConfig.eosTokenIds());
    tokenizer.id("<|endoftext|>").ifPresent(stopIds::add);
  }

  @Override
  public ModelConfig config() {
    return checkpoint.config();
  }

  @Override
  public GenerationConfig generationConfig() {
    return generationConfig;
  }

  @Override
  public int maxModelLength() {
    return maxModelLength;
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public int[] encode(ChatPrompt prompt) {
    return tokenizer.encode(template.render(prompt));
  }

  @Override
  public Generation generate(GenerationRequest request) {
    int promptTokens = request.prompt().length;
    if (promptTokens >= maxModelLength) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens, but the context length is %d and at least one token must be generated: shorten the prompt"
              .formatted(promptTokens, maxModelLength));
    }
    int maxTokens = Math.min(request.maxTokens(), maxModelLength - promptTokens);
    StopStrings stops = new StopStrings(request.stop());
    return new TextGeneration(
        engine.submit(new Request(request.prompt(), request.sampling(), maxTokens, stopIds)),
        tokenizer.newStreamDecoder(request.skipSpecialTokens()),
        stops,
        stopIds,
        promptTokens,
        maxTokens);
  }

  @Override
  public Optional<String> failure() {
    return engine.isAlive() ? Optional.empty() : Optional.of("the engine has stopped");
  }

  @Override
  public void close() {
    engine.close();
    checkpoint.close();
  }
}
