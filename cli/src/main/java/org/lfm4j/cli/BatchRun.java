package org.lfm4j.cli;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.lfm4j.server.OfflineRequests;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Answers the requests of a batch, many at once. A request that fails fails alone. */
final class BatchRun {
  private final OfflineRequests model;
  private final BatchOutput output;
  private final BatchProgress progress;

  /** What first kept answers from being written. */
  private final AtomicReference<Optional<Exception>> failure =
      new AtomicReference<>(Optional.empty());

  BatchRun(OfflineRequests model, BatchOutput output, BatchProgress progress) {
    this.model = model;
    this.output = output;
    this.progress = progress;
  }

  /**
   * Answers every request that has no answer yet.
   *
   * @param atOnce most requests in flight
   * @throws InterruptedException if this thread is interrupted; answers that are written stay
   * @throws IOException if the input can't be read or the output can't be written
   */
  void run(BatchInput requests, int atOnce) throws IOException, InterruptedException {
    Semaphore room = new Semaphore(atOnce);
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      requests.eachRemaining(line -> {
        room.acquire();
        throwFailure();
        threads.execute(() -> {
          try {
            output.append(answer(line));
          } catch (IOException | RuntimeException e) {
            failure.compareAndSet(Optional.empty(), Optional.of(e));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            room.release();
          }
        });
      });
      room.acquire(atOnce);
      throwFailure();
    } finally {
      threads.shutdownNow();
      threads.close();
      progress.end();
    }
  }

  private void throwFailure() throws IOException {
    Exception cause = failure.get().orElse(null);
    if (cause instanceof IOException e) {
      throw e;
    }
    if (cause instanceof RuntimeException e) {
      throw e;
    }
  }

  private ObjectNode answer(BatchLine line) throws InterruptedException {
    ObjectNode answer = JsonMapper.shared().createObjectNode();
    answer.put("id", line.answerId());
    line.customId()
        .ifPresentOrElse(id -> answer.put("custom_id", id), () -> answer.putNull("custom_id"));
    Optional<String> fault =
        line.fault().isEmpty() && !model.knows(line.url())
            ? Optional.of("url must be /v1/chat/completions or /v1/completions")
            : line.fault();
    if (fault.isPresent()) {
      answer.putNull("response");
      answer.putObject("error").put("code", "invalid_request").put("message", fault.get());
      progress.answered(false, 0);
      return answer;
    }
    OfflineRequests.Result result = model.post(line.url(), line.body());
    ObjectNode response = answer.putObject("response");
    response.put("status_code", result.status());
    response.put("request_id", line.answerId());
    response.set("body", result.body());
    answer.putNull("error");
    progress.answered(
        result.status() == 200, result.body().at("/usage/completion_tokens").asInt(0));
    return answer;
  }
}
