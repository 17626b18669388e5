package org.lfm4j.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import org.lfm4j.LanguageModel;
import org.lfm4j.engine.EngineStats;
import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.engine.StepSizes;

/**
 * What the engine counts by itself, read when somebody looks. Features that this engine doesn't
 * have are shown as the zeros they are where vLLM shows them always.
 */
final class EngineCollector implements MultiCollector {
  private static final List<String> NEVER =
      List.of(
          "vllm:prompt_tokens_recomputed",
          "vllm:external_prefix_cache_queries",
          "vllm:external_prefix_cache_hits",
          "vllm:mm_cache_queries",
          "vllm:mm_cache_hits",
          "vllm:spec_decode_num_drafts",
          "vllm:spec_decode_num_draft_tokens",
          "vllm:spec_decode_num_accepted_tokens");

  /** vLLM's bounds of step sizes: 1, then 8, 16 and so on. */
  private static final int SECOND_BOUND = 3;

  private final LanguageModel model;
  private final Labels labels;

  EngineCollector(LanguageModel model, String modelName) {
    this.model = model;
    this.labels = Labels.of("model_name", modelName, "engine", Instruments.ENGINE);
  }

  @Override
  public MetricSnapshots collect() {
    EngineStats stats = model.stats();
    MetricSnapshots.Builder all = MetricSnapshots.builder();
    addGauges(all, stats);
    addCounters(all, stats);
    all.metricSnapshot(stepSizes(stats.stepSizes()));
    all.metricSnapshot(cacheConfig(model.memoryPlan()));
    return all.build();
  }

  private void addGauges(MetricSnapshots.Builder all, EngineStats stats) {
    all.metricSnapshot(
        gauge("vllm:num_requests_running", "Sequences being computed.", stats.running()));
    all.metricSnapshot(
        gauge("vllm:num_requests_waiting", "Requests in the queue.", stats.waiting()));
    all.metricSnapshot(
        GaugeSnapshot.builder()
            .name("vllm:num_requests_waiting_by_reason")
            .help("Requests in the queue by what they wait for.")
            .dataPoint(point("reason", "capacity", stats.waiting()))
            .dataPoint(point("reason", "deferred", 0))
            .build());
    double used = stats.pages() == 0 ? 0 : (double) stats.pagesHeld() / stats.pages();
    String usageHelp = "Share of the cache's pages that sequences hold, 0 to 1.";
    all.metricSnapshot(gauge("vllm:kv_cache_usage_perc", usageHelp, used));
    all.metricSnapshot(gauge("vllm:gpu_cache_usage_perc", usageHelp, used));
    all.metricSnapshot(
        GaugeSnapshot.builder()
            .name("vllm:engine_sleep_state")
            .help("1 for the state the engine is in; it never sleeps.")
            .dataPoint(point("sleep_state", "awake", 1))
            .dataPoint(point("sleep_state", "weights_offloaded", 0))
            .dataPoint(point("sleep_state", "discard_all", 0))
            .build());
  }

  private void addCounters(MetricSnapshots.Builder all, EngineStats stats) {
    String queries = "Tokens looked up in the prefix cache.";
    String hits = "Tokens found in the prefix cache.";
    all.metricSnapshot(counter("vllm:prefix_cache_queries", queries, stats.queriedTokens()));
    all.metricSnapshot(counter("vllm:gpu_prefix_cache_queries", queries, stats.queriedTokens()));
    all.metricSnapshot(counter("vllm:prefix_cache_hits", hits, stats.reusedTokens()));
    all.metricSnapshot(counter("vllm:gpu_prefix_cache_hits", hits, stats.reusedTokens()));
    all.metricSnapshot(
        counter(
            "vllm:num_preemptions",
            "Sequences that had to give their pages back.",
            stats.preemptions()));
    for (String name : NEVER) {
      all.metricSnapshot(counter(name, "Always 0: this engine does nothing of the kind.", 0));
    }
  }

  private HistogramSnapshot stepSizes(StepSizes sizes) {
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    buckets.bucket(1, sizes.counts()[0]);
    long small = 0;
    for (int i = 1; i <= SECOND_BOUND; i++) {
      small += sizes.counts()[i];
    }
    buckets.bucket(1 << SECOND_BOUND, small);
    for (int i = SECOND_BOUND + 1; i < StepSizes.SIZES - 1; i++) {
      buckets.bucket(1 << i, sizes.counts()[i]);
    }
    buckets.bucket(Double.POSITIVE_INFINITY, sizes.counts()[StepSizes.SIZES - 1]);
    return HistogramSnapshot.builder()
        .name("vllm:iteration_tokens_total")
        .help("Tokens of each step.")
        .dataPoint(
            HistogramSnapshot.HistogramDataPointSnapshot.builder()
                .labels(labels)
                .classicHistogramBuckets(buckets.build())
                .sum((double) sizes.tokens())
                .build())
        .build();
  }

  private InfoSnapshot cacheConfig(MemoryPlan plan) {
    return InfoSnapshot.builder()
        .name("vllm:cache_config")
        .help("How the cache is laid out.")
        .dataPoint(
            InfoSnapshot.InfoDataPointSnapshot.builder()
                .labels(
                    labels.merge(
                        Labels.of(
                            "block_size",
                            Integer.toString(plan.cacheSpec().pageTokens()),
                            "num_gpu_blocks",
                            Integer.toString(plan.pages()),
                            "kv_cache_memory_bytes",
                            Long.toString(plan.pages() * plan.cacheSpec().pageBytes()),
                            "max_model_len",
                            Integer.toString(plan.maxModelLength()))))
                .build())
        .build();
  }

  private GaugeSnapshot gauge(String name, String help, double value) {
    return GaugeSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(
            GaugeSnapshot.GaugeDataPointSnapshot.builder().labels(labels).value(value).build())
        .build();
  }

  private GaugeSnapshot.GaugeDataPointSnapshot point(String label, String of, double value) {
    return GaugeSnapshot.GaugeDataPointSnapshot.builder()
        .labels(labels.add(label, of))
        .value(value)
        .build();
  }

  private CounterSnapshot counter(String name, String help, long value) {
    return CounterSnapshot.builder()
        .name(name)
        .help(help)
        .dataPoint(
            CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(labels)
                .value((double) value)
                .build())
        .build();
  }
}
