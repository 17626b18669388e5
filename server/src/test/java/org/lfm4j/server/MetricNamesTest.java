package org.lfm4j.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.Generation;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.http.Json;
import tools.jackson.databind.JsonNode;

/** vLLM's names, labels and buckets, and the dashboard that uses them. */
class MetricNamesTest {
  private static final Path ROOT = Path.of(System.getProperty("lfm4j.root"));
  private static final Pattern METRIC =
      Pattern.compile("\\b(?:vllm:|http_|process_|jvm_)[a-z0-9_]+");
  private static final Pattern MATCHED_LABEL = Pattern.compile("[{,]\\s*([a-z_]+)\\s*(?:=~|=|!=)");
  private static final Pattern GROUPED_LABELS = Pattern.compile("by\\s*\\(([^)]*)\\)");

  private static String text;
  private static Exposition metrics;

  @BeforeAll
  static void scrape() {
    try (TestServer server = TestServer.with(FakeModel.saying("a", "b"))) {
      server.chat(Demo.request("Hello.", ""));
      server.get("/version");
      text = server.get("/metrics").body();
      metrics = Exposition.parse(text);
    }
  }

  @Test
  void everyNameOfVllmHasItsType() {
    assertThat(metrics.types())
        .containsAllEntriesOf(
            types(
                "gauge",
                """
                vllm:num_requests_running vllm:num_requests_waiting vllm:kv_cache_usage_perc
                vllm:num_requests_waiting_by_reason vllm:engine_sleep_state
                vllm:cache_config_info vllm:gpu_cache_usage_perc\
                """))
        .containsAllEntriesOf(
            types(
                "counter",
                """
                vllm:prompt_tokens_total vllm:generation_tokens_total
                vllm:prompt_tokens_by_source_total vllm:prompt_tokens_cached_total
                vllm:prompt_tokens_recomputed_total vllm:prefix_cache_queries_total
                vllm:prefix_cache_hits_total vllm:external_prefix_cache_queries_total
                vllm:external_prefix_cache_hits_total vllm:mm_cache_queries_total
                vllm:mm_cache_hits_total vllm:num_preemptions_total vllm:request_success_total
                vllm:admission_rejections_total vllm:spec_decode_num_drafts_total
                vllm:spec_decode_num_draft_tokens_total vllm:spec_decode_num_accepted_tokens_total
                vllm:gpu_prefix_cache_hits_total vllm:gpu_prefix_cache_queries_total
                http_requests_total process_cpu_seconds_total\
                """))
        .containsAllEntriesOf(
            types(
                "histogram",
                """
                vllm:time_to_first_token_seconds vllm:inter_token_latency_seconds
                vllm:request_time_per_output_token_seconds vllm:e2e_request_latency_seconds
                vllm:request_queue_time_seconds vllm:request_inference_time_seconds
                vllm:request_prefill_time_seconds vllm:request_decode_time_seconds
                vllm:request_prompt_tokens vllm:request_generation_tokens
                vllm:request_max_num_generation_tokens vllm:request_params_max_tokens
                vllm:request_prefill_kv_computed_tokens vllm:request_params_n
                vllm:iteration_tokens_total vllm:time_per_output_token_seconds
                http_request_duration_seconds\
                """));
  }

  private static Map<String, String> types(String type, String names) {
    Map<String, String> types = new java.util.TreeMap<>();
    for (String name : names.split("\\s+")) {
      types.put(name, type);
    }
    return types;
  }

  @Test
  void everyMetricOfTheModelHasModelNameAndEngine() {
    assertThat(text.lines().filter(line -> line.startsWith("vllm:")))
        .isNotEmpty()
        .allSatisfy(line ->
            assertThat(line)
                .contains("engine=\"0\"")
                .contains("model_name=\"LiquidAI/LFM2-24B-A2B\""));
  }

  @Test
  void reasonsAreThereBeforeTheyHappen() {
    for (String reason : List.of("stop", "length", "abort", "error", "repetition")) {
      assertThat(metrics.samples())
          .containsKey("vllm:request_success_total[finished_reason=%s]".formatted(reason));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vllm:time_to_first_token_seconds | .001 .005 .01 .02 .04 .06 .08 .1 .25 .5 .75 1 2.5 5 7.5 10 20 40 80 160 640 2560 | .0005 .002",
        "vllm:inter_token_latency_seconds | .01 .025 .05 .075 .1 .15 .2 .3 .4 .5 .75 1 2.5 5 7.5 10 20 40 80 | .0005 .001 .002 .005",
        "vllm:request_time_per_output_token_seconds | .01 .025 .05 .075 .1 .15 .2 .3 .4 .5 .75 1 2.5 5 7.5 10 20 40 80 | .001 .002",
        "vllm:e2e_request_latency_seconds | .3 .5 .8 1 1.5 2 2.5 5 10 15 20 30 40 50 60 120 240 480 960 1920 7680 | .001 .01 .1",
        "vllm:request_prompt_tokens | 1 2 5 10 20 50 100 | 1",
        "vllm:request_params_n | 1 2 5 10 20 | 1",
        "vllm:iteration_tokens_total | 1 8 16 32 64 128 256 512 1024 2048 4096 8192 16384 | 1",
      })
  void bucketsAreThoseOfVllmAndFinerOnes(String name, String bounds, String finer) {
    TreeSet<Double> exported = new TreeSet<>();
    Pattern bucket = Pattern.compile(Pattern.quote(name) + "_bucket\\[le=([0-9.E-]+)]");
    for (String sample : metrics.samples().keySet()) {
      Matcher matcher = bucket.matcher(sample);
      if (matcher.matches()) {
        exported.add(Double.valueOf(matcher.group(1)));
      }
    }
    assertThat(exported).containsAll(numbers(bounds)).containsAll(numbers(finer));
    assertThat(metrics.samples()).containsKey(name + "_bucket[le=+Inf]");
  }

  private static List<Double> numbers(String text) {
    return Arrays.stream(text.strip().split(" ")).map(Double::valueOf).toList();
  }

  @Test
  void theDashboardAsksOnlyForWhatIsExported() throws IOException {
    JsonNode dashboard =
        Json.MAPPER.readTree(Files.readString(ROOT.resolve("docs/grafana-dashboard.json")));
    List<JsonNode> panels = new ArrayList<>();
    dashboard.path("panels").forEach(panels::add);
    assertThat(panels).hasSizeGreaterThan(8);
    Set<String> names = metrics.names();
    Set<String> labels = new TreeSet<>(List.of("le", "model_name", "engine", "job", "instance"));
    Matcher exported = Pattern.compile("([a-z_]+)=\"").matcher(text);
    while (exported.find()) {
      labels.add(exported.group(1));
    }
    for (JsonNode panel : panels) {
      for (JsonNode target : panel.path("targets")) {
        String query = target.path("expr").asString();
        assertThat(namesIn(query)).as(query).isNotEmpty().isSubsetOf(names);
        assertThat(labelsIn(query)).as(query).isSubsetOf(labels);
      }
      if (!panel.path("type").asString().equals("row")) {
        assertThat(panel.path("targets")).as(panel.path("title").asString()).isNotEmpty();
      }
    }
  }

  @Test
  void thePageNamesWhatIsExported() throws IOException {
    Set<String> onPage = namesIn(Files.readString(ROOT.resolve("docs/metrics.md")));
    onPage.removeAll(Set.of("process_", "jvm_"));
    assertThat(onPage).isSubsetOf(metrics.types().keySet());
    Set<String> exported = new TreeSet<>(metrics.types().keySet());
    exported.removeIf(name -> name.startsWith("process_") || name.startsWith("jvm_"));
    // These are mentioned together, as what is always 0.
    exported.removeIf(name -> name.matches("vllm:(spec_decode|mm_cache|external_prefix)_.*"));
    exported.remove("vllm:prompt_tokens_recomputed_total");
    assertThat(onPage).containsAll(exported);
  }

  private static Set<String> namesIn(String query) {
    Set<String> names = new TreeSet<>();
    Matcher metric = METRIC.matcher(query);
    while (metric.find()) {
      names.add(metric.group());
    }
    return names;
  }

  private static Set<String> labelsIn(String query) {
    Set<String> labels = new TreeSet<>();
    Matcher matched = MATCHED_LABEL.matcher(query);
    while (matched.find()) {
      labels.add(matched.group(1));
    }
    Matcher grouped = GROUPED_LABELS.matcher(query);
    while (grouped.find()) {
      labels.addAll(Arrays.asList(grouped.group(1).strip().split("\\s*,\\s*")));
    }
    return labels;
  }

  /** What a model or generation overrides must reach the one that is measured. */
  @ParameterizedTest
  @CsvSource({
    "org.lfm4j.LoadedModel, org.lfm4j.server.metrics.MeasuredModel",
    "org.lfm4j.TextGeneration, org.lfm4j.server.metrics.MeasuredGeneration"
  })
  void theMeasuredPassEverythingOn(String real, String measured) throws Exception {
    Class<?> wrapper = Class.forName(measured);
    Class<?> type =
        LanguageModel.class.isAssignableFrom(wrapper) ? LanguageModel.class : Generation.class;
    for (Method method : type.getMethods()) {
      boolean overridden =
          Arrays.stream(Class.forName(real).getDeclaredMethods())
              .anyMatch(other ->
                  other.getName().equals(method.getName())
                      && Arrays.equals(other.getParameterTypes(), method.getParameterTypes()));
      if (overridden && !Modifier.isStatic(method.getModifiers())) {
        assertThat(
                wrapper.getMethod(method.getName(), method.getParameterTypes()).getDeclaringClass())
            .as(method.toString())
            .isNotEqualTo(type);
      }
    }
  }
}
