package org.lfm4j.server.metrics;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.engine.QueueFullException;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.Tokenizer;

/** A model whose generations are measured, whichever endpoint asks for them. */
final class MeasuredModel implements LanguageModel {
  private final LanguageModel model;
  private final RequestMetrics metrics;
  private final AtomicInteger inFlight;

  MeasuredModel(LanguageModel model, RequestMetrics metrics, AtomicInteger inFlight) {
    this.model = model;
    this.metrics = metrics;
    this.inFlight = inFlight;
  }

  @Override
  public List<Generation> generate(GenerationRequest request, int samples) {
    List<Generation> generations;
    try {
      generations = model.generate(request, samples);
    } catch (QueueFullException e) {
      metrics.refused();
      throw e;
    }
    MeasuredRequest measured = new MeasuredRequest(metrics, request, generations.size(), inFlight);
    return generations.stream()
        .<Generation>map(generation -> new MeasuredGeneration(generation, measured))
        .toList();
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
