package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.lfm4j.FinishReason;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.MoeConfig;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.engine.StepSizes;
import org.lfm4j.engine.TokenTimes;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.Tokenizer;

/** Answers with the last message, a word at a time. A prompt's tokens are its words. */
final class EchoModel implements LanguageModel {
  final List<ChatPrompt> prompts = new ArrayList<>();
  final List<GenerationRequest> requests = new ArrayList<>();
  private String last = "";
  boolean closed;

  /** LFM2-24B-A2B's shape. */
  static final ModelConfig CONFIG =
      new ModelConfig(
          "lfm2_moe",
          65536,
          2048,
          layers(),
          32,
          8,
          64,
          11776,
          3,
          false,
          1e-5f,
          1e6,
          128_000,
          true,
          Optional.of(new MoeConfig(64, 4, 1536, 2, true, true, 1)),
          1,
          7,
          0);

  private static List<LayerKind> layers() {
    LayerKind[] kinds = new LayerKind[40];
    Arrays.fill(kinds, LayerKind.CONV);
    for (int i = 2; i < 40; i += 4) {
      kinds[i] = LayerKind.ATTENTION;
    }
    return List.of(kinds);
  }

  @Override
  public ModelConfig config() {
    return CONFIG;
  }

  @Override
  public GenerationConfig generationConfig() {
    return new GenerationConfig(
        SamplingParams.of(0.3, 50, 1, 0.15, 1.05, OptionalLong.empty()), Set.of(7));
  }

  @Override
  public int maxModelLength() {
    return 20;
  }

  @Override
  public Tokenizer tokenizer() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int[] encode(ChatPrompt prompt) {
    prompts.add(prompt);
    last = (String) prompt.messages().getLast().get("content");
    int words = 0;
    for (Map<String, Object> message : prompt.messages()) {
      words += ((String) message.get("content")).split(" ").length;
    }
    return new int[words];
  }

  @Override
  public List<Generation> generate(GenerationRequest request, int samples) {
    return List.of(echo(request));
  }

  private Generation echo(GenerationRequest request) {
    requests.add(request);
    List<String> words = last.isBlank() ? List.of() : List.of(last.split("(?<= )"));
    boolean cut = words.size() > request.maxTokens();
    Iterator<String> pieces = (cut ? words.subList(0, request.maxTokens()) : words).iterator();
    TokenTimes times = new TokenTimes();
    return new Generation() {
      private int tokens;

      @Override
      public Optional<String> next() {
        if (!pieces.hasNext()) {
          return Optional.empty();
        }
        tokens++;
        times.token(System.nanoTime());
        return Optional.of(pieces.next());
      }

      @Override
      public FinishReason finishReason() {
        return cut ? FinishReason.LENGTH : FinishReason.STOP;
      }

      @Override
      public Optional<String> stopString() {
        return Optional.empty();
      }

      @Override
      public OptionalInt stopTokenId() {
        return OptionalInt.empty();
      }

      @Override
      public int[] tokens() {
        return new int[tokens];
      }

      @Override
      public int promptTokens() {
        return request.prompt().length;
      }

      @Override
      public int cachedTokens() {
        return 0;
      }

      @Override
      public TokenTimes times() {
        return times;
      }

      @Override
      public List<TokenLogprobs> logprobs() {
        return List.of();
      }

      @Override
      public List<TokenLogprobs> promptLogprobs() {
        return List.of();
      }

      @Override
      public int completionTokens() {
        return tokens;
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public boolean priorities() {
    return false;
  }

  @Override
  public MemoryPlan memoryPlan() {
    CacheSpec page = new CacheSpec(64, 64 * 20_480, 327_680);
    return new MemoryPlan(2 * CONFIG.parameterCount(), 8 << 20, page, 2, 20);
  }

  @Override
  public EngineStats stats() {
    return new EngineStats(
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, new StepSizes(new long[StepSizes.SIZES], 0), 0);
  }

  @Override
  public Optional<String> failure() {
    return Optional.empty();
  }

  @Override
  public void close() {
    closed = true;
  }
}
