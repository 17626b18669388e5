package org.lfm4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.lfm4j.engine.EngineStats;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** What a benchmark found, for people and as JSON. Times are in milliseconds. */
final class BenchReport {
  private final Map<String, Object> json = new LinkedHashMap<>();
  private final StringBuilder table = new StringBuilder();

  BenchReport(String benchmark, String model, Map<String, Object> settings) {
    json.put("benchmark", benchmark);
    json.put("model", model);
    json.put("settings", settings);
    Runtime runtime = Runtime.getRuntime();
    Map<String, Object> machine = new LinkedHashMap<>();
    machine.put("cpus", runtime.availableProcessors());
    machine.put("max_heap_bytes", runtime.maxMemory());
    machine.put("java", Runtime.version().toString());
    machine.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    json.put("machine", machine);
  }

  /** Adds a value to the JSON alone. */
  void put(String name, Object value) {
    json.put(name, value);
  }

  /** Adds a line to the table alone. */
  void line(String text) {
    table.append(text).append('\n');
  }

  void percentileHeader() {
    line(
        String.format(
            Locale.ROOT, "%-24s %9s %9s %9s %9s %9s", "ms", "mean", "p50", "p90", "p99", "max"));
  }

  /** Adds durations to both; {@code name} as in the JSON, without its unit. */
  void durations(String name, long[] nanos) {
    Percentiles p = Percentiles.ofNanos(nanos);
    json.put(name + "_ms", p.toJson());
    line(
        String.format(
            Locale.ROOT,
            "%-24s %9.2f %9.2f %9.2f %9.2f %9.2f",
            name.replace('_', ' '),
            p.mean(),
            p.p50(),
            p.p90(),
            p.p99(),
            p.max()));
  }

  /** Adds what the engine did between two moments. */
  void engine(EngineStats before, EngineStats after) {
    Map<String, Object> engine = new LinkedHashMap<>();
    engine.put("steps", after.steps() - before.steps());
    engine.put("prompt_tokens", after.promptTokens() - before.promptTokens());
    engine.put("generated_tokens", after.generatedTokens() - before.generatedTokens());
    engine.put("reused_tokens", after.reusedTokens() - before.reusedTokens());
    engine.put("preemptions", after.preemptions() - before.preemptions());
    engine.put("failures", after.failures() - before.failures());
    json.put("engine", engine);
    line(
        String.format(
            Locale.ROOT,
            "engine: %s steps, %s preemptions, %s tokens reused",
            engine.get("steps"),
            engine.get("preemptions"),
            engine.get("reused_tokens")));
  }

  /**
   * Prints the table, or the JSON instead of it if {@code destination} is {@code -}; otherwise the
   * JSON goes to that file, and nowhere if it is empty.
   */
  void print(PrintWriter out, String destination) throws IOException {
    if (destination.equals("-")) {
      out.println(toJson());
    } else {
      if (!destination.isEmpty()) {
        Files.writeString(Path.of(destination), toJson() + "\n");
      }
      out.print(table);
    }
    out.flush();
  }

  private String toJson() {
    return JsonMapper.builder()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .build()
        .writeValueAsString(json);
  }
}
