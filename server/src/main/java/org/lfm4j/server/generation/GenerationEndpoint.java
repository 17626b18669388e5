package org.lfm4j.server.generation;

import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lfm4j.Generation;
import org.lfm4j.GenerationRequest;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineException;
import org.lfm4j.engine.QueueFullException;
import org.lfm4j.sampling.grammar.GrammarException;
import org.lfm4j.server.generation.Dialect.Job;
import org.lfm4j.server.http.Answer;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.ClientConnection;
import org.lfm4j.server.http.EventOutput;
import org.lfm4j.server.http.Fields;
import org.lfm4j.server.http.JsonBody;
import org.lfm4j.server.model.ServedModel;
import tools.jackson.databind.node.ObjectNode;

/** An endpoint that generates: reads bodies in one dialect and answers them, whole or in pieces. */
public final class GenerationEndpoint {
  private record Prepared(LanguageModel model, Job job, AnswerHead head) {}

  private final ServedModel served;
  private final Generations generations;
  private final Dialect dialect;

  public GenerationEndpoint(ServedModel served, Generations generations, Dialect dialect) {
    this.served = served;
    this.generations = generations;
    this.dialect = dialect;
  }

  /** Answers over HTTP. Everything that can be refused is refused before the first token. */
  public void handle(ServerRequest request, ServerResponse response) {
    Fields body = JsonBody.fields(request);
    Prepared prepared = prepare(body);
    dialect.fields().reportUnknown(body, response);
    AtomicBoolean clientGone = new AtomicBoolean();
    Samples samples = start(prepared);
    try (samples;
        ClientConnection.Watch _ =
            ClientConnection.CURRENT
                .get()
                .watch(() -> {
                  clientGone.set(true);
                  samples.close();
                })) {
      Job job = prepared.job();
      if (job.options().streaming().on()) {
        Chunks chunks = job.format().chunks(prepared.head(), samples);
        AnswerStream.send(chunks, samples, job.options().streaming(), EventOutput.of(response));
      } else {
        Answer.json(request, response, 200, whole(prepared, samples));
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

  /**
   * Answers a body that did not come over HTTP, whole.
   *
   * @throws ApiException if it can't be answered
   * @throws InterruptedException if this thread is interrupted; the generation is stopped then
   */
  public ObjectNode answer(ObjectNode body) throws InterruptedException {
    Fields fields = new Fields(body, "");
    if (fields.bool("stream")) {
      throw ApiException.badRequest("stream", "stream must be false here, got true");
    }
    Prepared prepared = prepare(fields);
    Samples samples = start(prepared);
    try (samples) {
      return whole(prepared, samples);
    } catch (EngineException e) {
      throw Generations.failed(e);
    } finally {
      samples.generations().forEach(generations::remove);
    }
  }

  private Prepared prepare(Fields body) {
    String name = served.nameFor(body);
    LanguageModel model = served.model();
    dialect.fields().refuseUnsupported(body);
    Job job = dialect.read(body, model);
    return new Prepared(
        model, job, AnswerHead.of(dialect.idPrefix(), name, job.options().requestId()));
  }

  /** Puts all prompts in line, or none. */
  private Samples start(Prepared prepared) {
    int each = prepared.job().options().samples();
    List<Generation> started = new ArrayList<>();
    try {
      for (GenerationRequest request : prepared.job().requests()) {
        started.addAll(prepared.model().generate(request, each));
      }
    } catch (QueueFullException e) {
      started.forEach(Generation::close);
      throw ApiException.tooManyRequests(String.valueOf(e.getMessage()));
    } catch (GrammarException e) {
      started.forEach(Generation::close);
      throw prepared
          .job()
          .options()
          .grammar()
          .map(asked -> asked.fault(e))
          .orElseGet(() -> SamplingFields.fault(e));
    } catch (IllegalArgumentException e) {
      started.forEach(Generation::close);
      throw SamplingFields.fault(e);
    }
    started.forEach(generations::add);
    return new Samples(started, each);
  }

  private static ObjectNode whole(Prepared prepared, Samples samples) throws InterruptedException {
    List<String> texts = samples.texts();
    return prepared.job().format().whole(prepared.head(), samples, texts);
  }
}
