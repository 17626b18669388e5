package org.lfm4j;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.GenerationConfigReader;
import org.lfm4j.checkpoint.SamplingDefaults;
import org.lfm4j.checkpoint.gguf.GgufCheckpoint;
import org.lfm4j.checkpoint.gguf.GgufMetadata;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.text.ChatTemplate;
import org.lfm4j.text.TextException;
import org.lfm4j.text.Tokenizer;
import org.lfm4j.text.TokenizerParts;

/** A model in a .gguf file, with tokenizer and template in its metadata. */
final class GgufModel implements ModelFiles {
  private static final String TOKENIZER = "tokenizer.ggml.";
  private static final String SAMPLING = "general.sampling.";

  private final GgufCheckpoint checkpoint;
  private final GgufMetadata metadata;

  private GgufModel(GgufCheckpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.metadata = checkpoint.metadata();
  }

  static GgufModel open(Path file) {
    return new GgufModel(GgufCheckpoint.open(file));
  }

  @Override
  public Checkpoint checkpoint() {
    return checkpoint;
  }

  /** Without a temperature in the file generation is greedy, as for a directory without one. */
  @Override
  public GenerationConfig generationConfig(SamplingDefaults defaults) {
    Set<Integer> ends = new HashSet<>(Set.of(checkpoint.config().eosTokenId()));
    tokenId("eot").ifPresent(ends::add);
    return GenerationConfigReader.apply(new GenerationConfig(sampling(), ends), defaults);
  }

  private SamplingParams sampling() {
    try {
      return SamplingParams.of(
          metadata.number(SAMPLING + "temp").orElse(0),
          metadata.integer(SAMPLING + "top_k", 0, Integer.MAX_VALUE).orElse(0),
          metadata.number(SAMPLING + "top_p").orElse(1),
          metadata.number(SAMPLING + "min_p").orElse(0),
          metadata.number(SAMPLING + "penalty_repeat").orElse(1),
          OptionalLong.empty());
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(
          "%s: %s*: %s".formatted(metadata.source(), SAMPLING, e.getMessage()), e);
    }
  }

  private OptionalInt tokenId(String name) {
    return metadata.integer(TOKENIZER + name + "_token_id", 0, Integer.MAX_VALUE);
  }

  @Override
  public Tokenizer tokenizer() {
    String model = metadata.text(TOKENIZER + "model").orElse("none");
    if (!model.equals("gpt2")) {
      throw new TextException(
          "%s: a tokenizer of model %s is not supported; lfm4j reads LFM2's byte-level BPE (gpt2)"
              .formatted(metadata.source(), model));
    }
    List<String> tokens = metadata.texts(TOKENIZER + "tokens");
    if (tokens.size() > checkpoint.config().vocabSize()) {
      throw new TextException(
          "%s: expected at most %d tokens, one for each row of the embedding, found %d; convert the model anew"
              .formatted(metadata.source(), checkpoint.config().vocabSize(), tokens.size()));
    }
    // llama.cpp takes this as true for LFM2 where a file doesn't say.
    boolean addBos = metadata.truth(TOKENIZER + "add_bos_token").orElse(true);
    boolean addEos = metadata.truth(TOKENIZER + "add_eos_token").orElse(false);
    try {
      return Tokenizer.of(
          new TokenizerParts(
              tokens,
              metadata.integers(TOKENIZER + "token_type", 0, Integer.MAX_VALUE),
              metadata.texts(TOKENIZER + "merges"),
              metadata.text(TOKENIZER + "pre").orElse("none"),
              addBos ? OptionalInt.of(checkpoint.config().bosTokenId()) : OptionalInt.empty(),
              addEos ? OptionalInt.of(checkpoint.config().eosTokenId()) : OptionalInt.empty()));
    } catch (TextException e) {
      throw new TextException(metadata.source() + ": " + e.getMessage(), e);
    }
  }

  @Override
  public ChatTemplate template(Tokenizer tokenizer) {
    String template =
        metadata
            .text("tokenizer.chat_template")
            .orElseThrow(() ->
                new TextException(
                    "%s: there is no chat template in this file; convert the model anew"
                        .formatted(metadata.source())));
    Map<String, String> named = new LinkedHashMap<>();
    named.put("bos_token", tokenizer.token(checkpoint.config().bosTokenId()));
    named.put("eos_token", tokenizer.token(checkpoint.config().eosTokenId()));
    named.put("pad_token", tokenizer.token(checkpoint.config().padTokenId()));
    return ChatTemplate.parse(template, tokenizer, named);
  }
}
