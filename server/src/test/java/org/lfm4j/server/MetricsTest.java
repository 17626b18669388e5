package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.lfm4j.LoadOptions;
import tools.jackson.databind.JsonNode;

/** Metrics say what clients saw. */
@Timeout(60)
class MetricsTest {
  private static final String ENDLESS =
      ",\"ignore_eos\":true,\"temperature\":1,\"stream\":true,\"max_tokens\":";
  private static final String OPEN_METRICS =
      "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

  private static Demo demo;

  @BeforeAll
  static void start() {
    demo = new Demo(LoadOptions.DEFAULT.withMaxSequences(2).withMaxWaiting(2));
  }

  @AfterAll
  static void stop() {
    demo.close();
  }

  /** All but the engine's own counters begin at zero with a model that becomes ready. */
  @BeforeEach
  void reset() {
    demo.server.served.ready(demo.model);
  }

  private static Exposition scrape() {
    return Exposition.of(demo.server);
  }

  @Test
  void countersAgreeWithTheUsageOfClients() throws Exception {
    Exposition before = scrape();
    long prompt = 0;
    long cached = 0;
    long generated = 0;
    for (String more :
        List.of(",\"temperature\":0", ",\"temperature\":0", ",\"max_tokens\":3", ",\"n\":2")) {
      JsonNode usage =
          demo.ask("What is 37 + 48? " + "Please add the numbers. ".repeat(12), more).path("usage");
      prompt += usage.path("prompt_tokens").asLong();
      cached += usage.at("/prompt_tokens_details/cached_tokens").asLong();
      generated += usage.path("completion_tokens").asLong();
    }
    assertThat(cached).isPositive();
    Exposition metrics = scrape();
    assertThat(metrics.value("vllm:prompt_tokens_total")).isEqualTo(prompt);
    assertThat(metrics.value("vllm:prompt_tokens_cached_total")).isEqualTo(cached);
    assertThat(metrics.value("vllm:prompt_tokens_by_source_total[source=local_cache_hit]"))
        .isEqualTo(cached);
    assertThat(metrics.value("vllm:prompt_tokens_by_source_total[source=local_compute]"))
        .isEqualTo(prompt - cached);
    assertThat(metrics.value("vllm:generation_tokens_total")).isEqualTo(generated);
    assertThat(metrics.value("vllm:request_prompt_tokens_sum")).isEqualTo(prompt);
    assertThat(metrics.value("vllm:request_prefill_kv_computed_tokens_sum"))
        .isEqualTo(prompt - cached);
    assertThat(metrics.value("vllm:request_generation_tokens_sum")).isEqualTo(generated);
    assertThat(metrics.value("vllm:request_generation_tokens_count")).isEqualTo(5);
    assertThat(metrics.value("vllm:request_params_n_sum")).isEqualTo(5);
    assertThat(metrics.value("vllm:request_params_n_count")).isEqualTo(4);
    assertThat(metrics.value("vllm:request_success_total[finished_reason=length]")).isEqualTo(1);
    assertThat(metrics.value("vllm:request_success_total[finished_reason=stop]")).isEqualTo(4);
    assertThat(metrics.value("vllm:time_to_first_token_seconds_count")).isEqualTo(5);
    assertThat(metrics.value("vllm:inter_token_latency_seconds_count")).isEqualTo(generated - 5);
    assertThat(metrics.value("vllm:time_per_output_token_seconds_count")).isEqualTo(generated - 5);
    long allPrompts = prompt;
    double allCached = cached;
    Demo.await(
        "the engine has published its last step",
        () ->
            increase(before, "vllm:prefix_cache_queries_total") == allPrompts
                && scrape().value("vllm:num_requests_running") == 0);
    assertThat(increase(before, "vllm:prefix_cache_hits_total")).isEqualTo(allCached);
    assertThat(increase(before, "vllm:iteration_tokens_total_sum"))
        .isGreaterThanOrEqualTo(prompt - cached + generated - 5);
  }

  private static double increase(Exposition before, String sample) {
    return scrape().value(sample) - before.value(sample);
  }

  @Test
  void phasesOfARequestAddUp() {
    demo.post("Tell me a story.", ",\"temperature\":0,\"ignore_eos\":true,\"max_tokens\":20");
    Exposition metrics = scrape();
    double queue = metrics.value("vllm:request_queue_time_seconds_sum");
    double prefill = metrics.value("vllm:request_prefill_time_seconds_sum");
    double decode = metrics.value("vllm:request_decode_time_seconds_sum");
    double rounding = 1e-6;
    assertThat(prefill).isPositive();
    assertThat(metrics.value("vllm:time_to_first_token_seconds_sum"))
        .isCloseTo(queue + prefill, within(rounding));
    assertThat(metrics.value("vllm:inter_token_latency_seconds_sum"))
        .isCloseTo(decode, within(rounding));
    assertThat(metrics.value("vllm:request_inference_time_seconds_sum"))
        .isCloseTo(prefill + decode, within(rounding));
    assertThat(metrics.value("vllm:request_time_per_output_token_seconds_sum"))
        .isCloseTo(decode / 19, within(rounding));
    assertThat(metrics.value("vllm:e2e_request_latency_seconds_sum"))
        .isGreaterThanOrEqualTo(queue + prefill + decode - rounding);
    assertThat(metrics.value("vllm:e2e_request_latency_seconds_bucket[le=+Inf]")).isEqualTo(1);
  }

  @Test
  void latenciesLieWithinWhatTheClientSaw() {
    long begun = System.nanoTime();
    demo.post("What is 37 + 48?", "");
    double seconds = (System.nanoTime() - begun) / 1e9;
    Exposition metrics = scrape();
    assertThat(metrics.value("vllm:e2e_request_latency_seconds_sum")).isBetween(0.0, seconds);
    assertThat(metrics.value("vllm:time_to_first_token_seconds_sum")).isBetween(0.0, seconds);
  }

  @Test
  void httpRequestsAreCountedByPathMethodAndStatus() throws Exception {
    try (TestServer server = TestServer.with(FakeModel.saying("a"))) {
      server.chat(Demo.request("Hello.", ""));
      server.chat("{}");
      server.get("/v1/models/lfm2");
      server.send("BREW", "/pot/1", "");
      String brewed = "http_requests_total[handler=none, method=other, status=4xx]";
      Demo.await("all are counted", () -> Exposition.of(server).samples().containsKey(brewed));
      Exposition metrics = Exposition.of(server);
      String chat = "[handler=/v1/chat/completions, method=POST";
      assertThat(metrics.value(brewed)).isEqualTo(1);
      assertThat(metrics.value("http_requests_total" + chat + ", status=2xx]")).isEqualTo(1);
      assertThat(metrics.value("http_requests_total" + chat + ", status=4xx]")).isEqualTo(1);
      assertThat(metrics.value("http_request_duration_seconds_count" + chat + "]")).isEqualTo(2);
      assertThat(metrics.value("http_requests_total[handler=/v1/models/, method=GET, status=2xx]"))
          .isEqualTo(1);
    }
  }

  @Test
  void gaugesFollowRunningWaitingRefusedAndAbortedRequests() throws Exception {
    RawClient[] clients = new RawClient[4];
    for (int i = 0; i < clients.length; i++) {
      clients[i] =
          new RawClient(demo.server).chat("", Demo.request("Tell me a story.", ENDLESS + 2000));
      if (i < 2) {
        clients[i].readUntil("\"delta\":{\"content\"");
      }
    }
    Demo.await("two requests wait", () -> demo.model.stats().waiting() == 2);
    assertThat(demo.post("What is 1 + 2?", "").statusCode()).isEqualTo(429);
    Exposition busy = scrape();
    assertThat(busy.value("vllm:num_requests_running")).isEqualTo(2);
    assertThat(busy.value("vllm:num_requests_waiting")).isEqualTo(2);
    assertThat(busy.value("vllm:num_requests_waiting_by_reason[reason=capacity]")).isEqualTo(2);
    assertThat(busy.value("vllm:kv_cache_usage_perc")).isBetween(1e-9, 1.0);
    assertThat(busy.value("vllm:admission_rejections_total[reason=queue_full]")).isEqualTo(1);
    assertThat(demo.server.get("/load").body()).isEqualTo("{\"server_load\":4}");
    for (RawClient client : clients) {
      client.leave();
    }
    Demo.await(
        "nothing runs",
        () ->
            demo.model.stats().running() + demo.model.stats().waiting() == 0
                && demo.server.running() == 0);
    Exposition idle = scrape();
    assertThat(idle.value("vllm:num_requests_running")).isZero();
    assertThat(idle.value("vllm:num_requests_waiting")).isZero();
    assertThat(idle.value("vllm:kv_cache_usage_perc")).isZero();
    assertThat(idle.value("vllm:request_success_total[finished_reason=abort]")).isEqualTo(4);
    assertThat(idle.value("vllm:request_success_total[finished_reason=stop]")).isZero();
    assertThat(idle.value("vllm:prompt_tokens_total")).isPositive();
    assertThat(demo.server.get("/load").body()).isEqualTo("{\"server_load\":0}");
  }

  @Test
  void preemptionsAreCounted() throws Exception {
    try (Demo small =
        new Demo(LoadOptions.DEFAULT.withCacheBytes(2 << 20).withMaxModelLength(512))) {
      RawClient[] clients = new RawClient[6];
      for (int i = 0; i < clients.length; i++) {
        clients[i] =
            new RawClient(small.server).chat("", Demo.request("Tell a story.", ENDLESS + 400));
      }
      for (RawClient client : clients) {
        client.readUntil("[DONE]");
        client.close();
      }
      assertThat(small.model.stats().preemptions()).isPositive();
      assertThat(Exposition.of(small.server).value("vllm:num_preemptions_total"))
          .isEqualTo(small.model.stats().preemptions());
    }
  }

  @Test
  void openMetricsIsSpokenToThoseWhoAskForIt() {
    HttpResponse<String> open = Exposition.scrape(demo.server, OPEN_METRICS);
    assertThat(open.headers().firstValue("content-type"))
        .contains("application/openmetrics-text; version=1.0.0; charset=utf-8");
    assertThat(open.body())
        .endsWith("# EOF\n")
        .contains("# TYPE vllm:prompt_tokens counter", "# TYPE vllm:cache_config info");
    HttpResponse<String> text = Exposition.scrape(demo.server, "*/*");
    assertThat(text.headers().firstValue("content-type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    assertThat(text.body()).doesNotContain("# EOF");
    assertThat(text.body())
        .contains("vllm:num_requests_running{engine=\"0\",model_name=\"LiquidAI/LFM2-24B-A2B\"} 0");
    assertThat(demo.server.send("HEAD", "/metrics", "").body()).isEmpty();
  }

  @Test
  void beforeTheModelIsReadyThereAreMetricsOfTheProcess() {
    try (TestServer loading = TestServer.loading()) {
      assertThat(Exposition.of(loading).names())
          .contains("process_cpu_seconds_total")
          .noneMatch(name -> name.startsWith("vllm:"));
      assertThat(loading.get("/load").body()).isEqualTo("{\"server_load\":0}");
    }
  }

  @Test
  void aFailedRequestIsAnError() {
    try (TestServer failing = TestServer.with(FakeModel.failing(1, "a", "b"))) {
      failing.chat(Demo.request("Hello.", ""));
      Exposition metrics = Exposition.of(failing);
      assertThat(metrics.value("vllm:request_success_total[finished_reason=error]")).isEqualTo(1);
      assertThat(metrics.value("vllm:generation_tokens_total")).isEqualTo(1);
      assertThat(failing.get("/load").body()).isEqualTo("{\"server_load\":0}");
    }
  }
}
