package org.lfm4j.server.model;

import java.util.List;
import java.util.Optional;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.auth.Tenant;
import org.lfm4j.server.http.RequestScope;

/**
 * The model as the current request sees it, whatever its endpoint: prefixes are shared only between
 * requests with the same key, tokens count against the key's limit, and what was used is noted in
 * the request's scope.
 */
final class CallersModel extends ForwardingModel {
  private final RequestScope scope;
  private final Optional<Tenant> tenant;
  private boolean begun;

  private CallersModel(LanguageModel model, RequestScope scope, Optional<Tenant> tenant) {
    super(model);
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
    List<Generation> generations = model().generate(salted, samples);
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
}
