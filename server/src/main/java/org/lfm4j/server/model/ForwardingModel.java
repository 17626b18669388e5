package org.lfm4j.server.model;

import java.util.Optional;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.Tokenizer;

/** A model that leaves all but generating to another. */
public abstract class ForwardingModel implements LanguageModel {
  private final LanguageModel model;

  protected ForwardingModel(LanguageModel model) {
    this.model = model;
  }

  /** Returns the other model. */
  protected final LanguageModel model() {
    return model;
  }

  @Override
  public ModelConfig config() {
    return model.config();
  }

  @Override
  public GenerationConfig generationConfig() {
    return model.generationConfig();
  }

  @Override
  public int maxModelLength() {
    return model.maxModelLength();
  }

  @Override
  public Tokenizer tokenizer() {
    return model.tokenizer();
  }

  @Override
  public int[] encode(ChatPrompt prompt) {
    return model.encode(prompt);
  }

  @Override
  public boolean priorities() {
    return model.priorities();
  }

  @Override
  public String device() {
    return model.device();
  }

  @Override
  public MemoryPlan memoryPlan() {
    return model.memoryPlan();
  }

  @Override
  public EngineStats stats() {
    return model.stats();
  }

  @Override
  public Optional<String> failure() {
    return model.failure();
  }

  @Override
  public void close() {
    model.close();
  }
}
