package org.lfm4j;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.ChatMessage.Role;
import org.lfm4j.sampling.SamplingParams;

/**
 * A conversation with a model: what was said so far, and the next answer. Used by one thread; many
 * chats may use one model at once. Starts with the model's own sampling defaults and answers as
 * long as the context allows.
 *
 * <p>An answer becomes part of the conversation even if it was closed half-way; one without any
 * text, or that failed, leaves the conversation as if nothing had been said.
 */
public final class Chat {
  private final LanguageModel model;
  private final List<ChatMessage> turns = new ArrayList<>();
  private String system = "";
  private SamplingParams sampling;
  private int maxTokens = Integer.MAX_VALUE;
  private Optional<ChatGeneration> last = Optional.empty();

  Chat(LanguageModel model, List<ChatMessage> history) {
    this.model = model;
    this.sampling = model.generationConfig().sampling();
    turns.addAll(history);
    if (!turns.isEmpty() && turns.getFirst().role() == Role.SYSTEM) {
      system = turns.removeFirst().content();
    }
  }

  /** Sets the system prompt, which comes first; empty for none. What was said so far stays. */
  public void system(String text) {
    system = text;
  }

  /** Sets how tokens of further answers are chosen. */
  public void sampling(SamplingParams params) {
    sampling = params;
  }

  /** Sets the most tokens of further answers. */
  public void maxTokens(int tokens) {
    maxTokens = tokens;
  }

  /**
   * Says something and waits for the whole answer.
   *
   * @throws InterruptedException if this thread is interrupted; the answer is stopped then
   * @throws IllegalArgumentException if the conversation has outgrown the context
   * @throws org.lfm4j.engine.EngineException if the arithmetic of this answer failed
   */
  public String say(String text) throws InterruptedException {
    try (Generation answer = stream(text)) {
      return answer.text();
    }
  }

  /**
   * Says something and returns the answer as it is generated. An earlier answer that still runs is
   * closed first.
   *
   * @throws IllegalArgumentException if the conversation has outgrown the context; it stays as it
   *     was
   * @throws org.lfm4j.engine.QueueFullException if too many requests wait already
   */
  public Generation stream(String text) {
    settle();
    List<ChatMessage> messages = new ArrayList<>(history());
    messages.add(ChatMessage.user(text));
    int[] prompt = model.encode(messages);
    if (prompt.length >= model.maxModelLength()) {
      throw new IllegalArgumentException(
          "the conversation has %d tokens, but the context holds %d: reset it or say less"
              .formatted(prompt.length, model.maxModelLength()));
    }
    GenerationRequest request = GenerationRequest.of(prompt, sampling).withMaxTokens(maxTokens);
    ChatGeneration answer = new ChatGeneration(text, model.generate(request));
    last = Optional.of(answer);
    return answer;
  }

  /** Returns what was said so far, system prompt first: {@link LanguageModel#newChat} takes it. */
  public List<ChatMessage> history() {
    List<ChatMessage> messages = new ArrayList<>();
    if (!system.isEmpty()) {
      messages.add(ChatMessage.system(system));
    }
    messages.addAll(turns);
    last.ifPresent(answer -> messages.addAll(answer.turns()));
    return List.copyOf(messages);
  }

  /** Forgets everything but the system prompt and the settings. */
  public void reset() {
    settle();
    turns.clear();
  }

  private void settle() {
    last.ifPresent(answer -> {
      answer.close();
      turns.addAll(answer.turns());
    });
    last = Optional.empty();
  }
}
