package org.lfm4j;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.Engine;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.engine.Request;
import org.lfm4j.engine.TokenStream;
import org.lfm4j.sampling.grammar.GrammarCompiler;
import org.lfm4j.sampling.grammar.TokenTrie;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.Tokenizer;

/** A model's engine and its text tools. */
final class LoadedModel implements LanguageModel {
  private final Checkpoint checkpoint;
  private final GenerationConfig generationConfig;
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final Engine engine;
  private final MemoryPlan plan;
  private final boolean priorities;
  private final String device;
  private final Set<Integer> stopIds;
  private final Supplier<GrammarCompiler> grammars;

  LoadedModel(
      Checkpoint checkpoint,
      GenerationConfig generationConfig,
      Tokenizer tokenizer,
      ChatTemplate template,
      Engine engine,
      MemoryPlan plan,
      boolean priorities,
      String device) {
    this.checkpoint = checkpoint;
    this.generationConfig = generationConfig;
    this.tokenizer = tokenizer;
    this.template = template;
    this.engine = engine;
    this.plan = plan;
    this.priorities = priorities;
    this.device = device;
    this.stopIds = new HashSet<>(generationConfig.eosTokenIds());
    tokenizer.id("<|endoftext|>").ifPresent(stopIds::add);
    this.grammars = new Lazy<>(this::newGrammarCompiler);
  }

  private GrammarCompiler newGrammarCompiler() {
    return new GrammarCompiler(
        new TokenTrie(
            config().vocabSize(),
            tokenizer::bytes,
            id -> !tokenizer.isAdded(id),
            tokenizer.controlTokenIds(),
            stopIds));
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
    return plan.maxModelLength();
  }

  @Override
  public String device() {
    return device;
  }

  @Override
  public MemoryPlan memoryPlan() {
    return plan;
  }

  @Override
  public boolean priorities() {
    return priorities;
  }

  @Override
  public EngineStats stats() {
    return engine.stats();
  }

  @Override
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public int[] encode(ChatPrompt prompt) {
    ChatTemplate chosen = prompt.template().map(template::withSource).orElse(template);
    return tokenizer.encode(chosen.render(prompt));
  }

  @Override
  public List<Generation> generate(GenerationRequest request, int samples) {
    int promptTokens = request.prompt().length;
    if (promptTokens >= maxModelLength()) {
      throw new IllegalArgumentException(
          "the prompt has %d tokens, but the context length is %d and at least one token must be generated: shorten the prompt"
              .formatted(promptTokens, maxModelLength()));
    }
    int maxTokens = Math.min(request.maxTokens(), maxModelLength() - promptTokens);
    boolean endless = request.ignoreEos() && request.grammar().isEmpty();
    Set<Integer> modelStopIds = endless ? Set.of() : stopIds;
    Set<Integer> ends = new HashSet<>(request.stopTokenIds());
    ends.addAll(modelStopIds);
    List<TokenStream> streams =
        engine.submit(
            new Request(
                request.prompt(),
                request.sampling(),
                maxTokens,
                ends,
                samples,
                request.priority(),
                request.cacheSalt(),
                request.sampling().promptLogprobs().isPresent(),
                request.timeout().map(timeout -> System.nanoTime() + timeout.toNanos()),
                request.grammar().map(spec -> grammars.get().compile(spec))));
    List<Generation> generations = new ArrayList<>();
    for (TokenStream stream : streams) {
      generations.add(
          new TextGeneration(
              stream,
              tokenizer.newStreamDecoder(request.skipSpecialTokens()),
              request,
              modelStopIds,
              maxTokens));
    }
    return generations;
  }

  @Override
  public Optional<String> failure() {
    return engine.isAlive()
        ? Optional.empty()
        : Optional.of(
            engine
                .failure()
                .map(why -> "the engine has stopped: " + why)
                .orElse("the engine has stopped"));
  }

  @Override
  public void close() {
    engine.close();
    checkpoint.close();
  }
}
