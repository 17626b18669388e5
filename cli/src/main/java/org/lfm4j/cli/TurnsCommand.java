package org.lfm4j.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.lfm4j.LanguageModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code lfm bench turns}: what prefix reuse saves in a growing chat. */
@Command(
    name = "turns",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description =
        "Time to first token of each turn of a growing chat, with and without prefix reuse.")
final class TurnsCommand implements Callable<Integer> {
  /** About what a short question and the frame of a turn take. */
  private static final int QUESTION_TOKENS = 24;

  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private BenchOptions bench = new BenchOptions();

  @Option(
      names = "--turns",
      paramLabel = "N",
      defaultValue = "10",
      description = "Turns of the chat. Default: 10.")
  private int turns;

  @Option(
      names = "--total-len",
      paramLabel = "N",
      defaultValue = "4000",
      description =
          "Tokens of the whole chat, at most. The first message takes what the others leave. Default: 4000.")
  private int totalTokens;

  @Option(
      names = "--output-len",
      paramLabel = "N",
      defaultValue = "32",
      description = "Most tokens of each answer. Default: 32.")
  private int answerTokens;

  @Option(
      names = "--num-chats",
      paramLabel = "N",
      defaultValue = "3",
      description = "Chats that are measured, one after the other. Default: 3.")
  private int chats;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      defaultValue = "2",
      description = "Chats that run before, unmeasured. Default: 2.")
  private int warmup;

  TurnsCommand(ModelLoader loader) {
    this.loader = loader;
  }

  /** A load's chats: the times of each chat's turns, and all answers. */
  private record Chats(List<List<RequestTimes>> times, List<Object> answers) {
    long[] firstNanos(int turn) {
      return times.stream().mapToLong(chat -> chat.get(turn).firstNanos()).toArray();
    }
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Logs.configure();
    Ranges.atLeast("--turns", turns, 1);
    Ranges.atLeast("--output-len", answerTokens, 1);
    Ranges.atLeast("--num-chats", chats, 1);
    Ranges.atLeast("--warmup", warmup, 0);
    Ranges.atLeast("--total-len", totalTokens, 2 * turns * (answerTokens + QUESTION_TOKENS));
    Chats with = measure(true);
    Chats without = measure(false);
    BenchReport report = new BenchReport("turns", bench.modelName(), settings());
    fill(report, with, without);
    report.print(spec.commandLine().getOut(), bench.json());
    return 0;
  }

  private Chats measure(boolean reuse) throws InterruptedException {
    try (LanguageModel model = bench.load(loader, bench.loadOptions().withPrefixCaching(reuse))) {
      List<List<RequestTimes>> times = new ArrayList<>();
      List<Object> answers = new ArrayList<>();
      for (int i = -warmup; i < chats; i++) {
        GrowingChat chat =
            new GrowingChat(
                model,
                bench.seed() + i,
                totalTokens - turns * (answerTokens + QUESTION_TOKENS),
                answerTokens);
        List<RequestTimes> turnTimes = chat.run(turns);
        if (i >= 0) {
          times.add(turnTimes);
          answers.addAll(chat.answers());
        }
      }
      return new Chats(times, answers);
    }
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = bench.settings();
    // Both ways are measured.
    settings.remove("enable_prefix_caching");
    settings.put("turns", turns);
    settings.put("total_len", totalTokens);
    settings.put("output_len", answerTokens);
    settings.put("num_chats", chats);
    settings.put("warmup", warmup);
    return settings;
  }

  private void fill(BenchReport report, Chats with, Chats without) {
    boolean same = with.answers().equals(without.answers());
    report.line(
        String.format(
            Locale.ROOT,
            "%s: time to first token, ms, median of %d chats",
            bench.modelName(),
            chats));
    report.line(
        String.format(
            Locale.ROOT,
            "%4s %7s %7s %11s %14s %7s",
            "turn",
            "prompt",
            "reused",
            "with reuse",
            "without reuse",
            "ratio"));
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int turn = 0; turn < turns; turn++) {
      rows.add(row(report, turn, with, without));
    }
    report.line(same ? "the answers are the same" : "the answers differ");
    report.put("turns", rows);
    report.put("same_answers", same);
  }

  private static Map<String, Object> row(BenchReport report, int turn, Chats with, Chats without) {
    RequestTimes sample = with.times().getFirst().get(turn);
    Percentiles reusing = Percentiles.ofNanos(with.firstNanos(turn));
    Percentiles computing = Percentiles.ofNanos(without.firstNanos(turn));
    double ratio = computing.p50() / reusing.p50();
    report.line(
        String.format(
            Locale.ROOT,
            "%4d %7d %7d %11.2f %14.2f %7.1f",
            turn + 1,
            sample.promptTokens(),
            sample.reusedTokens(),
            reusing.p50(),
            computing.p50(),
            ratio));
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("turn", turn + 1);
    row.put("prompt_tokens", sample.promptTokens());
    row.put("reused_tokens", sample.reusedTokens());
    row.put("time_to_first_token_with_reuse_ms", reusing.toJson());
    row.put("time_to_first_token_without_reuse_ms", computing.toJson());
    row.put("ratio", ratio);
    return row;
  }
}
