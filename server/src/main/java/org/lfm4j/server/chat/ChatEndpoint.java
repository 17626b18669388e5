package org.lfm4j.server.chat;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineException;
import org.lfm4j.engine.QueueFullException;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.grammar.GrammarException;
import org.lfm4j.server.generation.AnswerHead;
import org.lfm4j.server.generation.AskedGrammar;
import org.lfm4j.server.generation.BadWords;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.generation.Samples;
import org.lfm4j.server.generation.SamplingFields;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.ClientConnection;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.Json;
import org.lfm4j.server.http.JsonBody;
import org.lfm4j.server.model.ServedModel;
import org.lfm4j.text.TextException;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/chat/completions}. */
public final class ChatEndpoint {
  private static final System.Logger LOG = System.getLogger(ChatEndpoint.class.getName());
  private static final String IGNORED_HEADER = "X-Lfm-Ignored-Fields";

  private static final int MOST_ALTERNATIVES = 1 << 18;

  private final ServedModel served;
  private final Generations generations;

  public ChatEndpoint(ServedModel served, Generations generations) {
    this.served = served;
    this.generations = generations;
  }

  /** Everything that can be refused is refused before the first token is generated. */
  public void handle(ServerRequest request, ServerResponse response) {
    ObjectNode body = Json.object(JsonBody.read(request));
    String name =
        new Fields(body, "")
            .string("model")
            .map(served::answerTo)
            .orElse(served.names().getFirst());
    LanguageModel model = served.model();
    ChatRequest chat = ChatRequestReader.read(body, model.generationConfig().sampling());
    if (chat.priority() != 0 && !model.priorities()) {
      throw ApiException.badRequest(
          "priority",
          "priority must be 0 on this server, got %d: start it with --scheduling-policy priority"
              .formatted(chat.priority()));
    }
    GenerationRequest generationRequest = generationRequest(chat, model);
    if (!chat.ignoredFields().isEmpty()) {
      String ignored = JsonBody.headerSafe(chat.ignoredFields());
      response.header(IGNORED_HEADER, ignored);
      LOG.log(Level.INFO, "Ignored unknown fields of a chat request: {0}", ignored);
    }
    run(model, generationRequest, chat, AnswerHead.of("chatcmpl", name), request, response);
  }

  private static GenerationRequest generationRequest(ChatRequest chat, LanguageModel model) {
    int[] prompt;
    try {
      prompt = model.encode(chat.prompt());
    } catch (TextException e) {
      throw ApiException.badRequest(
          "messages", "The conversation can't be used: " + e.getMessage());
    }
    int limit = model.maxModelLength();
    if (prompt.length >= limit) {
      throw ApiException.badRequest(
          "messages",
          ("This model's maximum context length is %d tokens, but the messages have %d tokens."
                  + " Shorten them so that at least one token of answer fits.")
              .formatted(limit, prompt.length));
    }
    int maxTokens = maxTokens(chat, limit - prompt.length);
    requireFewWholeDistributions(chat, model, prompt.length, maxTokens);
    return new GenerationRequest(
        prompt,
        sampling(chat, model),
        maxTokens,
        chat.stop(),
        chat.prompt().tools().isEmpty(),
        chat.ignoreEos(),
        chat.priority(),
        chat.cacheSalt(),
        Optional.empty(),
        chat.stopTokenIds(),
        chat.grammar().map(AskedGrammar::spec));
  }

  private static SamplingParams sampling(ChatRequest chat, LanguageModel model) {
    if (chat.badWords().isEmpty()) {
      return chat.sampling();
    }
    return chat.sampling().toBuilder()
        .badWords(BadWords.ids(chat.badWords(), model.tokenizer()))
        .build();
  }

  /** A vocabulary for every token is soon more than any memory holds. */
  private static void requireFewWholeDistributions(
      ChatRequest chat, LanguageModel model, int promptTokens, int maxTokens) {
    boolean ofOutput = isAll(chat.sampling().logprobs());
    boolean ofPrompt = isAll(chat.sampling().promptLogprobs());
    if (!ofOutput && !ofPrompt) {
      return;
    }
    int vocabSize = model.config().vocabSize();
    long tokens =
        (ofOutput ? (long) chat.samples() * maxTokens : 0) + (ofPrompt ? promptTokens : 0);
    if (tokens * vocabSize > MOST_ALTERNATIVES) {
      String field = ofOutput ? "top_logprobs" : "prompt_logprobs";
      throw ApiException.badRequest(
          field,
          "%s -1 is possible for up to %d tokens of this vocabulary of %d, but the request is for %d: ask for at most 20 alternatives or for fewer tokens"
              .formatted(field, MOST_ALTERNATIVES / vocabSize, vocabSize, tokens));
    }
  }

  private static boolean isAll(OptionalInt logprobs) {
    return logprobs.isPresent() && logprobs.getAsInt() == SamplingParams.ALL;
  }

  private static int maxTokens(ChatRequest chat, int room) {
    int maxTokens = Math.min(room, chat.maxTokens().orElse(room));
    if (chat.sampling().minTokens() > maxTokens) {
      throw ApiException.badRequest(
          "min_tokens",
          "min_tokens must be at most max_tokens, %d, got %d"
              .formatted(maxTokens, chat.sampling().minTokens()));
    }
    return maxTokens;
  }

  private static List<Generation> generate(
      LanguageModel model, GenerationRequest request, ChatRequest chat) {
    try {
      return model.generate(request, chat.samples());
    } catch (QueueFullException e) {
      throw ApiException.tooManyRequests(String.valueOf(e.getMessage()));
    } catch (GrammarException e) {
      throw chat.grammar().map(asked -> asked.fault(e)).orElseGet(() -> SamplingFields.fault(e));
    } catch (IllegalArgumentException e) {
      throw SamplingFields.fault(e);
    }
  }

  private void run(
      LanguageModel model,
      GenerationRequest generationRequest,
      ChatRequest chat,
      AnswerHead answer,
      ServerRequest request,
      ServerResponse response) {
    AtomicBoolean clientGone = new AtomicBoolean();
    Samples samples = new Samples(generate(model, generationRequest, chat));
    samples.generations().forEach(generations::add);
    try (samples;
        ClientConnection.Watch _ =
            ClientConnection.CURRENT
                .get()
                .watch(() -> {
                  clientGone.set(true);
                  samples.close();
                })) {
      Optional<Samples.Piece> first = samples.next();
      if (chat.stream() && !clientGone.get()) {
        ChatStream.send(answer, chat, model, samples, first, response);
      } else {
        ObjectNode whole = ChatResponder.respond(answer, chat, model, samples, first);
        Answer.json(request, response, 200, whole);
      }
    } catch (EngineException e) {
      throw Generations.failed(e);
    } catch (ApiException e) {
      if (clientGone.get()) {
        throw new CloseConnectionException("The client went away", e);
      }
      throw e;
    } catch (IOException e) {
      throw new CloseConnectionException("The client went away", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CloseConnectionException("The server stops", e);
    } finally {
      samples.generations().forEach(generations::remove);
    }
  }
}
