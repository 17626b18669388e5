package org.lfm4j.server.model;

import java.util.List;
import java.util.Optional;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.server.auth.Tenant;
import org.lfm4j.server.http.RequestScope;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.Tokenizer;

/**
 * The model as the current request sees it, whatever its endpoint: prefixes are shared only between
 * requests with the same key, tokens count against the key's limit, and what was used is noted in
 * the request's scope.
 */
final class CallersModel implements LanguageModel {
  private final LanguageModel model;
  private final RequestScope scope;
  private final Optional<Tenant> tenant;
  private boolean begun;

  private CallersModel(LanguageModel model, RequestScope scope, Optional<Tenant> tenant) {
    this.model = model;
    this.scope = scope;
    this.tenant = tenant;
  }

  /** Returns the model for the request that the current thread handles. */
  static LanguageModel of(LanguageModel model) {
    if (!RequestScope.CURRENT.isBound()) {
      return model;
    }
    Optional<Tenant> tenant =
        Tenant.CURRENT.isBound() ? Optional.of(Tenant.CURRENT.get()) : Optional.empty();
    return new CallersModel(model, RequestScope.CURRENT.get(), tenant);
  }

  @Override
  public List<Generation> generate(GenerationRequest request, int samples) {
    requireTokens();
    GenerationRequest salted =
        tenant.map(owner -> request.withCacheSalt(owner.salt(request.cacheSalt()))).orElse(request);
    List<Generation> generations = model.generate(salted, samples);
    int prompt = request.prompt().length;
    tenant.ifPresent(owner -> owner.chargeTokens(prompt));
    scope.atEnd(() -> settle(prompt, generations));
    return generations;
  }

  /** Once for all prompts of a request: what has begun is not refused half way. */
  private void requireTokens() {
    if (!begun) {
      tenant.ifPresent(Tenant::requireTokens);
      begun = true;
    }
  }

  private void settle(int prompt, List<Generation> generations) {
    int completion = generations.stream().mapToInt(Generation::completionTokens).sum();
    scope.used(prompt, generations.getFirst().cachedTokens(), completion);
    tenant.ifPresent(owner -> owner.chargeTokens(completion));
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
