package org.lfm4j.server.metrics;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.QueueFullException;
import org.lfm4j.server.model.ForwardingModel;

/** A model whose generations are measured, whichever endpoint asks for them. */
final class MeasuredModel extends ForwardingModel {
  private final RequestMetrics metrics;
  private final AtomicInteger inFlight;

  MeasuredModel(LanguageModel model, RequestMetrics metrics, AtomicInteger inFlight) {
    super(model);
    this.metrics = metrics;
    this.inFlight = inFlight;
  }

  @Override
  public List<Generation> generate(GenerationRequest request, int samples) {
    List<Generation> generations;
    try {
      generations = model().generate(request, samples);
    } catch (QueueFullException e) {
      metrics.refused();
      throw e;
    }
    MeasuredRequest measured = new MeasuredRequest(metrics, request, generations.size(), inFlight);
    return generations.stream()
        .<Generation>map(generation -> new MeasuredGeneration(generation, measured))
        .toList();
  }
}
