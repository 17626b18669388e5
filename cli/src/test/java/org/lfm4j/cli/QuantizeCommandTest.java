package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The demo model, quantised and asked. */
class QuantizeCommandTest {
  private static final String DEMO =
      Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo").toString();

  @TempDir private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Lfm.commandLine(ModelLoader.REAL)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  @Test
  void theFileIsSmallerAndAnswers() throws Exception {
    Path file = directory.resolve("demo.gguf");
    assertThat(run("quantize", DEMO, file.toString())).as(err.toString()).isZero();
    assertThat(out.toString()).startsWith(file + ": ").contains(" MB, ");
    assertThat(Files.size(file)).isLessThan(8_000_000);
    assertThat(Files.list(directory)).containsExactly(file);
    assertThat(run("chat", file.toString(), "-p", "What is 37 + 48?", "--temperature", "0"))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("85");
    // A directory with one such file is as good as the file.
    assertThat(run("bench", "cpu", directory.toString(), "-p", "4", "-n", "0", "-r", "1"))
        .as(err.toString())
        .isZero();
  }

  @Test
  void mistakesAreExplained() {
    assertThat(run("quantize", DEMO, directory.resolve("no/such.gguf").toString())).isEqualTo(1);
    assertThat(err.toString()).contains("can't be written");
    assertThat(run("quantize", DEMO, "--type", "Q3_K_S")).isEqualTo(2);
    assertThat(err.toString()).contains("Q3_K_S", "Q4_K_M");
  }
}
