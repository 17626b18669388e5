package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.server.model.ServedModel;
import tools.jackson.databind.JsonNode;

/** Health while loading, ready and failed; models, version, HEAD and OPTIONS. */
class StatusTest {
  private static final String CHAT = "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

  @ParameterizedTest
  @ValueSource(strings = {"/health", "/ping"})
  void healthFollowsTheModel(String path) {
    try (TestServer server = TestServer.loading()) {
      server.served.progress("mapping weights");
      HttpResponse<String> loading = server.get(path);
      assertThat(loading.statusCode()).isEqualTo(503);
      assertThat(loading.body())
          .isEqualTo("{\"status\":\"loading\",\"progress\":\"mapping weights\"}");
      assertThat(loading.headers().firstValue("retry-after")).contains("5");

      FakeModel model = FakeModel.saying("x");
      server.served.ready(model);
      HttpResponse<String> ready = server.get(path);
      assertThat(ready.statusCode()).isEqualTo(200);
      assertThat(ready.body()).isEmpty();

      model.failure = Optional.of("the engine thread died");
      HttpResponse<String> dead = server.get(path);
      assertThat(dead.statusCode()).isEqualTo(503);
      assertThat(dead.body())
          .isEqualTo("{\"status\":\"failed\",\"progress\":\"the engine thread died\"}");
    }
  }

  @Test
  void requestsAreRefusedUntilTheModelIsReady() {
    try (TestServer server = TestServer.loading()) {
      server.served.progress("mapping weights");
      HttpResponse<String> response = server.chat(CHAT);
      assertThat(response.statusCode()).isEqualTo(503);
      assertThat(response.headers().firstValue("retry-after")).contains("5");
      assertThat(response.body())
          .isEqualTo(
              "{\"error\":{\"message\":\"The model is not ready yet (mapping weights): try again in"
                  + " a few seconds.\",\"type\":\"ServiceUnavailableError\",\"param\":null,"
                  + "\"code\":503}}");
      assertThat(TestServer.json(server.get("/v1/models")).at("/data/0/max_model_len").isNull())
          .isTrue();
      server.served.ready(FakeModel.saying("x"));
      assertThat(server.chat(CHAT).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void aModelThatCouldNotBeLoadedSaysWhy() {
    try (TestServer server = TestServer.loading()) {
      server.served.failed("model.safetensors is cut short");
      assertThat(server.chat(CHAT).body()).contains("model.safetensors is cut short");
      assertThat(server.get("/health").statusCode()).isEqualTo(503);
    }
  }

  @Test
  void modelsListsEveryName() {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      JsonNode list = TestServer.json(server.get("/v1/models"));
      assertThat(list.path("object").asString()).isEqualTo("list");
      assertThat(list.path("data")).hasSize(2);
      JsonNode card = list.at("/data/0");
      assertThat(card.propertyNames())
          .containsExactly(
              "id", "object", "created", "owned_by", "root", "parent", "max_model_len");
      assertThat(card.path("id").asString()).isEqualTo("LiquidAI/LFM2-24B-A2B");
      assertThat(card.path("object").asString()).isEqualTo("model");
      assertThat(card.path("root").asString()).isEqualTo("models/lfm2");
      assertThat(card.path("max_model_len").asInt()).isEqualTo(100);
      assertThat(list.at("/data/1/id").asString()).isEqualTo("lfm2");
      assertThat(TestServer.json(server.get("/v1/models/LiquidAI/LFM2-24B-A2B"))).isEqualTo(card);
      assertThat(server.get("/v1/models/other").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void versionHeadAndOptions() {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      assertThat(server.get("/version").body()).isEqualTo("{\"version\":\"0.1.0\"}");
      HttpResponse<String> head = server.send("HEAD", "/version", "");
      assertThat(head.statusCode()).isEqualTo(200);
      assertThat(head.body()).isEmpty();
      assertThat(head.headers().firstValue("content-length")).contains("19");
      HttpResponse<String> options = server.send("OPTIONS", "/v1/chat/completions", "");
      assertThat(options.statusCode()).isEqualTo(204);
      assertThat(options.headers().firstValue("allow")).contains("OPTIONS, POST");
      assertThat(server.send("HEAD", "/v1/nothing", "").statusCode()).isEqualTo(404);
    }
  }

  @Test
  void anAddressOfAnotherMachineIsOneClearError() {
    ServedModel model = new ServedModel(List.of("b"), "b");
    assertThatThrownBy(() -> Server.start("192.0.2.1", 0, model))
        .isInstanceOf(ServerException.class)
        .hasMessageContaining("192.0.2.1");
  }

  @Test
  void aTakenPortIsOneClearError() {
    try (TestServer server = TestServer.with(FakeModel.saying("x"))) {
      ServedModel other = new ServedModel(List.of("b"), "b");
      assertThatThrownBy(() -> Server.start("127.0.0.1", server.port(), other))
          .isInstanceOf(ServerException.class)
          .hasMessage(
              "Can't listen on 127.0.0.1 port %d: Address already in use. Choose another with"
                      .formatted(server.port())
                  + " --host and --port.");
    }
  }
}
