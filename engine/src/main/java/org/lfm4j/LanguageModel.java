package org.lfm4j;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.Tokenizer;

/** A loaded model, ready to generate. Thread-safe: requests from many threads wait in line. */
public interface LanguageModel extends AutoCloseable {

  /**
   * Loads a model directory (config.json, safetensors, tokenizer.json, chat template).
   *
   * @throws org.lfm4j.checkpoint.CheckpointException if the directory holds no usable model
   * @throws org.lfm4j.text.TextException if its tokenizer or template is unusable
   * @throws IllegalArgumentException if an option doesn't suit the model
   */
  static LanguageModel load(Path directory, LoadOptions options) {
    return load(directory, options, progress -> {});
  }

  /** Loads a model directory and says on the way what happens, in a few words at a time. */
  static LanguageModel load(Path directory, LoadOptions options, Consumer<String> progress) {
    return new ModelLoader(directory, options, progress).load();
  }

  /** Returns the model's shape. */
  ModelConfig config();

  /** Returns the defaults of generation_config.json. */
  GenerationConfig generationConfig();

  /** Returns the longest sequence served, prompt and output together. */
  int maxModelLength();

  /** Returns the tokenizer. */
  Tokenizer tokenizer();

  /** Renders a conversation with the model's template and encodes it. */
  int[] encode(ChatPrompt prompt);

  /**
   * Queues a request; it runs when its turn comes.
   *
   * @throws IllegalArgumentException if the prompt is empty or leaves no room for one token
   */
  Generation generate(GenerationRequest request);

  /** Returns why the model can't generate any more, should its engine have ended. */
  Optional<String> failure();

  /** Stops all generations and frees the model. */
  @Override
  void close();
}
