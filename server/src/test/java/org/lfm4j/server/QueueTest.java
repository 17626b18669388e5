package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class QueueTest {
  @Test
  void fiftyClientsAtOnceAreAllAnswered() throws Exception {
    FakeModel model = FakeModel.slow(Duration.ofMillis(2), 5);
    try (TestServer server = TestServer.with(model);
        ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<HttpResponse<String>>> calls = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        String body =
            "{\"messages\":[{\"role\":\"user\",\"content\":\"%d\"}],\"stream\":%s}"
                .formatted(i, i % 2 == 0);
        calls.add(() -> server.chat(body));
      }
      for (Future<HttpResponse<String>> answer : clients.invokeAll(calls, 30, TimeUnit.SECONDS)) {
        assertThat(answer.get().statusCode()).isEqualTo(200);
        assertThat(answer.get().body()).contains("word4 ").contains("\"finish_reason\":\"stop\"");
      }
      assertThat(model.requests).hasSize(50);
    }
  }
}
