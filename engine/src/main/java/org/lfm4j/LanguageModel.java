package org.lfm4j;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.lfm4j.checkpoint.GenerationConfig;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.text.ChatPrompt;
import org.lfm4j.text.Tokenizer;

/** A loaded model, ready to generate. Thread-safe: requests from many threads run together. */
public interface LanguageModel extends AutoCloseable {

  /** Loads a model with {@link LoadOptions#DEFAULT}. */
  static LanguageModel load(Path model) {
    return load(model, LoadOptions.DEFAULT);
  }

  /**
   * Loads a model directory (config.json, safetensors, tokenizer.json, chat template), or a .gguf
   * file, which has all that in one.
   *
   * @throws org.lfm4j.checkpoint.CheckpointException if there is no usable model
   * @throws org.lfm4j.text.TextException if its tokenizer or template is unusable
   * @throws IllegalArgumentException if an option doesn't suit the model
   */
  static LanguageModel load(Path model, LoadOptions options) {
    return load(model, options, progress -> {});
  }

  /** Loads a model and says on the way what happens, in a few words at a time. */
  static LanguageModel load(Path model, LoadOptions options, Consumer<String> progress) {
    return new ModelLoader(model, options, progress).load();
  }

  /** Returns the model's shape. */
  ModelConfig config();

  /** Returns the defaults that come with the model. */
  GenerationConfig generationConfig();

  /** Returns the longest sequence served, prompt and output together. */
  int maxModelLength();

  /** Returns where the model runs, and why there if that may surprise. */
  default String device() {
    return "CPU";
  }

  /** Returns the tokenizer. */
  Tokenizer tokenizer();

  /** Renders a conversation with the model's template and encodes it. */
  int[] encode(ChatPrompt prompt);

  /** Renders plain messages with the model's template, the next turn being the model's. */
  default int[] encode(List<ChatMessage> messages) {
    return encode(new ChatPrompt(messages.stream().map(ChatMessage::forTemplate).toList()));
  }

  /** Returns whether requests run in order of priority rather than of arrival. */
  boolean priorities();

  /** Returns where the memory went. */
  MemoryPlan memoryPlan();

  /** Returns what the engine has done and holds. */
  EngineStats stats();

  /**
   * Queues a request; it runs together with others as soon as there is room.
   *
   * @throws IllegalArgumentException if the prompt is empty or leaves no room for one token
   * @throws org.lfm4j.sampling.grammar.GrammarException if its grammar can't be compiled
   * @throws org.lfm4j.engine.QueueFullException if too many requests wait already
   */
  default Generation generate(GenerationRequest request) {
    return generate(request, 1).getFirst();
  }

  /**
   * Queues a request for several continuations of one prompt, which is computed once.
   *
   * @param samples how many
   * @return one generation for each
   */
  List<Generation> generate(GenerationRequest request, int samples);

  /**
   * Asks one question, without any history, and waits for the answer.
   *
   * @throws InterruptedException if this thread is interrupted; the answer is stopped then
   * @throws IllegalArgumentException if the question is longer than the context
   * @throws org.lfm4j.engine.EngineException if the arithmetic of this answer failed
   */
  default String chat(String question) throws InterruptedException {
    return newChat().say(question);
  }

  /** Opens an empty conversation. */
  default Chat newChat() {
    return newChat(List.of());
  }

  /** Opens a conversation that goes on from what was said before; a system prompt comes first. */
  default Chat newChat(List<ChatMessage> history) {
    return new Chat(this, history);
  }

  /**
   * Continues plain text, without a chat template, by the model's own sampling defaults. Text that
   * looks like a control token stays text.
   *
   * @param maxTokens most tokens to generate
   * @throws InterruptedException if this thread is interrupted; the generation is stopped then
   * @throws IllegalArgumentException if the text leaves no room in the context
   * @throws org.lfm4j.engine.EngineException if the arithmetic of this request failed
   */
  default String complete(String text, int maxTokens) throws InterruptedException {
    int[] prompt = tokenizer().encode(text, true);
    GenerationRequest request = GenerationRequest.of(prompt, generationConfig().sampling());
    try (Generation generation = generate(request.withMaxTokens(maxTokens))) {
      return generation.text();
    }
  }

  /** Returns why the model can't generate any more, should its engine have ended. */
  Optional<String> failure();

  /** Stops all generations and frees the model. */
  @Override
  void close();
}
