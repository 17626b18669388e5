package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubCommandsTest {
  @TempDir Path cache;
  private TinyHub hub;
  private Cli cli;

  @BeforeEach
  void start() throws IOException {
    hub = new TinyHub();
    cli = new Cli(hub.client(cache));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private Path snapshot() {
    return cache.resolve("models--LiquidAI--Tiny/snapshots/" + TinyHub.COMMIT);
  }

  private List<String> run(int status, String... arguments) {
    cli.out.getBuffer().setLength(0);
    assertThat(cli.run(arguments)).as(cli.err.toString()).isEqualTo(status);
    return cli.out.toString().lines().toList();
  }

  @Test
  void modelsAreDownloadedListedCheckedAndRemoved() throws Exception {
    assertThat(run(0, "list"))
        .containsExactly("No models in %s: lfm pull downloads one.".formatted(cache));
    assertThat(run(0, "pull", TinyHub.MODEL)).containsExactly(snapshot().toString());
    assertThat(run(0, "pull", TinyHub.MODEL, "--include", "*.json"))
        .containsExactly(snapshot().toString());
    assertThat(run(0, "list"))
        .containsExactly(
            "MODEL          REVISION        SIZE  STATE",
            "LiquidAI/Tiny  main (ccccccc)   4 B  complete",
            "2 B in " + cache);
    assertThat(run(0, "verify", TinyHub.MODEL))
        .containsExactly("LiquidAI/Tiny: 2 files, 4 B hashed, 0 wrong or missing");
    Files.writeString(snapshot().resolve("config.json"), "[]");
    assertThat(run(1, "verify", TinyHub.MODEL))
        .hasSize(4)
        .contains("lfm verify --repair LiquidAI/Tiny downloads them again.");
    assertThat(run(0, "verify", "--repair", TinyHub.MODEL)).contains("downloaded 2 files again");
    assertThat(run(0, "verify", TinyHub.MODEL)).hasSize(1);
    assertThat(run(0, "rm", "--incomplete")).containsExactly("0 B freed");
    assertThat(run(0, "rm", TinyHub.MODEL)).containsExactly("2 B freed");
    assertThat(run(0, "list")).hasSize(1);
    assertThat(cli.err).hasToString("");
  }

  @Test
  void chatDownloadsWhatIsMissing() {
    assertThat(run(0, "chat", TinyHub.MODEL, "-p", "Hello you")).containsExactly("Hello you");
    assertThat(cli.loaded).isEqualTo(snapshot());
    hub.close();
    assertThat(run(0, "chat", TinyHub.MODEL, "-p", "Again")).containsExactly("Again");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "pull LiquidAI/None | 1 | lfm: There is no model LiquidAI/None on http://127.0.0.1:",
        "pull None | 1 | lfm: 'None' is no name on the Hub: write ORG/NAME, ORG/NAME:Q4_K_M or",
        "pull LiquidAI/Tiny --include *.bin | 1 | lfm: LiquidAI/Tiny has no file that matches '*.bin'",
        "pull | 2 | Missing required parameter: 'MODEL'",
        "rm LiquidAI/Tiny | 1 | lfm: LiquidAI/Tiny is not in the cache: lfm list shows what is.",
        "rm | 2 | Say which model: lfm list shows what was downloaded.",
        "verify LiquidAI/Tiny | 1 | lfm pull LiquidAI/Tiny downloads it.",
        "chat LiquidAI/Tiny:Q4_0 -p x | 1 | lfm: LiquidAI/Tiny has no .gguf files: leave out ':Q4_0'",
      })
  void mistakesAreExplained(String arguments, int status, String message) {
    run(status, arguments.split(" "));
    assertThat(cli.err.toString()).contains(message);
  }

  @Test
  void aFileIsHandedToTheLoader() throws Exception {
    Path file = Files.writeString(cache.resolve("model.gguf"), "");
    run(0, "chat", file.toString(), "-p", "x");
    assertThat(cli.loaded).isEqualTo(file);
  }

  @Test
  void progressIsALineAtATerminalAndNothingElsewhere() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (PullProgress quiet = new PullProgress("a/b", false, err)) {
      quiet.started(1, 10);
      quiet.transferred(10);
      quiet.finished();
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEmpty();
    try (PullProgress quiet = new PullProgress("a/b", false, err)) {
      quiet.notice("waiting 56 s, as asked.");
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("lfm: waiting 56 s, as asked.\n");
    bytes.reset();
    try (PullProgress live = new PullProgress("a/b", true, err)) {
      live.started(1, 10);
      live.finished();
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).endsWith("\r\u001b[K");
  }

  @Test
  void rateAndTimeLeft() {
    ProgressLine line = new ProgressLine("a/b", 1_000_000_000, 0);
    assertThat(line.at(100_000_000, 0, 1)).isEqualTo("a/b  100 MB of 1.0 GB  10 %  0 B/s  waiting");
    assertThat(line.at(200_000_000, 100_000_000, 1_000_000_001))
        .isEqualTo("a/b  200 MB of 1.0 GB  20 %  100 MB/s  8 s left");
    assertThat(line.at(210_000_000, 110_000_000, 2_000_000_001))
        .isEqualTo("a/b  210 MB of 1.0 GB  21 %  83.7 MB/s  9 s left");
    ProgressLine slow = new ProgressLine("a/b", 47_700_000_000L, 0);
    assertThat(slow.at(0, 1_000_000, 1_000_000_000)).endsWith("1.0 MB/s  13 h 15 min left");
    ProgressLine fast = new ProgressLine("a/b", 47_700_000_000L, 0);
    assertThat(fast.at(300_000_000, 300_000_000, 1_000_000_000))
        .endsWith("300 MB/s  2 min 38 s left");
  }
}
