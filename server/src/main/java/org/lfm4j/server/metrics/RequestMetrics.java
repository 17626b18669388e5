package org.lfm4j.server.metrics;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import java.util.function.Function;
import org.lfm4j.engine.TokenTimes;

/**
 * What is counted about requests, on the threads of their callers: the engine thread knows nothing
 * of it. Thread-safe.
 */
final class RequestMetrics {
  /** Where prompt tokens can come from. */
  private static final String COMPUTED = "local_compute";

  private static final String CACHED = "local_cache_hit";

  private final DistributionDataPoint timeToFirstToken;
  private final DistributionDataPoint interTokenLatency;
  private final DistributionDataPoint timePerOutputToken;
  private final DistributionDataPoint endToEnd;
  private final DistributionDataPoint queueTime;
  private final DistributionDataPoint inferenceTime;
  private final DistributionDataPoint prefillTime;
  private final DistributionDataPoint decodeTime;
  private final DistributionDataPoint prompt;
  private final DistributionDataPoint generated;
  private final DistributionDataPoint mostGenerated;
  private final DistributionDataPoint maxTokens;
  private final DistributionDataPoint computed;
  private final DistributionDataPoint samples;
  private final CounterDataPoint promptTokens;
  private final CounterDataPoint cachedTokens;
  private final CounterDataPoint generationTokens;
  private final Function<String, CounterDataPoint> bySource;
  private final Function<String, CounterDataPoint> finished;
  private final Function<String, CounterDataPoint> rejected;

  RequestMetrics(Instruments make, int maxModelLength) {
    double[] tokens = Buckets.oneTwoFive(maxModelLength);
    timeToFirstToken =
        make.histogram(
            "vllm:time_to_first_token_seconds",
            "Time from a request's arrival to its first token.",
            Buckets.FIRST_TOKEN);
    interTokenLatency =
        make.histogram(
            "vllm:inter_token_latency_seconds",
            "Time between one token of a request and the next.",
            Buckets.BETWEEN_TOKENS);
    timePerOutputToken =
        make.histogram(
            "vllm:request_time_per_output_token_seconds",
            "Mean time per token after the first, of whole requests.",
            Buckets.BETWEEN_TOKENS);
    endToEnd = phase(make, "e2e_request_latency", "Time from arrival to the end.");
    queueTime = phase(make, "request_queue_time", "Time spent waiting to be run.");
    inferenceTime =
        phase(make, "request_inference_time", "Time from leaving the queue to the last token.");
    prefillTime =
        phase(make, "request_prefill_time", "Time from leaving the queue to the first token.");
    decodeTime = phase(make, "request_decode_time", "Time from the first token to the last token.");
    prompt = make.histogram("vllm:request_prompt_tokens", "Tokens of prompts.", tokens);
    generated = make.histogram("vllm:request_generation_tokens", "Tokens of answers.", tokens);
    mostGenerated =
        make.histogram(
            "vllm:request_max_num_generation_tokens",
            "Tokens of the longest answer to each request.",
            tokens);
    maxTokens = make.histogram("vllm:request_params_max_tokens", "max_tokens of requests.", tokens);
    computed =
        make.histogram(
            "vllm:request_prefill_kv_computed_tokens",
            "Prompt tokens that were not found in the prefix cache.",
            tokens);
    samples = make.histogram("vllm:request_params_n", "n of requests.", Buckets.SAMPLES);
    promptTokens = make.counter("vllm:prompt_tokens", "Tokens of prompts that were computed.");
    cachedTokens =
        make.counter("vllm:prompt_tokens_cached", "Prompt tokens found in the prefix cache.");
    generationTokens = make.counter("vllm:generation_tokens", "Tokens generated.");
    bySource =
        make.counters(
            "vllm:prompt_tokens_by_source",
            "Prompt tokens by where they came from.",
            "source",
            COMPUTED,
            CACHED,
            "external_kv_transfer");
    finished =
        make.counters(
            "vllm:request_success",
            "Answers by why they ended.",
            "finished_reason",
            "stop",
            "length",
            "abort",
            "error",
            "repetition");
    rejected =
        make.counters(
            "vllm:admission_rejections", "Requests refused at once.", "reason", "queue_full");
  }

  private static DistributionDataPoint phase(Instruments make, String name, String help) {
    return make.histogram("vllm:" + name + "_seconds", help, Buckets.REQUEST);
  }

  /** The queue had no room for a request. */
  void refused() {
    rejected.apply("queue_full").inc();
  }

  /** A prompt was computed. */
  void promptDone(int tokens, int cached) {
    promptTokens.inc(tokens);
    cachedTokens.inc(cached);
    bySource.apply(COMPUTED).inc(tokens - cached);
    bySource.apply(CACHED).inc(cached);
    prompt.observe(tokens);
    computed.observe(tokens - cached);
  }

  /** An answer grew from {@code before} to {@code now} tokens. */
  void tokens(TokenTimes times, int before, int now) {
    if (before == 0 && now > 0) {
      timeToFirstToken.observe(seconds(times.submittedNanos(), times.tokenNanos(0)));
    }
    for (int i = Math.max(1, before); i < now; i++) {
      interTokenLatency.observe(seconds(times.tokenNanos(i - 1), times.tokenNanos(i)));
    }
    generationTokens.inc(now - before);
  }

  /** An answer of at least one token was completed. */
  void completed(String reason, TokenTimes times, int tokens) {
    finished.apply(reason).inc();
    generated.observe(tokens);
    endToEnd.observe(seconds(times.submittedNanos(), System.nanoTime()));
    long first = times.tokenNanos(0);
    long last = times.tokenNanos(tokens - 1);
    long started = times.startedNanos().orElse(first);
    queueTime.observe(seconds(times.submittedNanos(), started));
    prefillTime.observe(seconds(started, first));
    decodeTime.observe(seconds(first, last));
    inferenceTime.observe(seconds(started, last));
    if (tokens > 1) {
      timePerOutputToken.observe(seconds(first, last) / (tokens - 1));
    }
  }

  /** An answer was given up or failed. */
  void brokenOff(String reason) {
    finished.apply(reason).inc();
  }

  /** All answers to a request have ended, one of them at least by itself. */
  void requestDone(int n, int limit, int longest) {
    samples.observe(n);
    maxTokens.observe(limit);
    mostGenerated.observe(longest);
  }

  private static double seconds(long from, long to) {
    return Math.max(0, to - from) / 1e9;
  }
}
