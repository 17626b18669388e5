package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StartUpTest {
  private static final Predicate<String> HEAVY =
      Pattern.compile(
              "\\] (io\\.helidon|org\\.jline|tools\\.jackson|java\\.net\\.http|org\\.lfm4j\\.vast|org\\.lfm4j\\.cli\\.vast\\.VastCommands)")
          .asPredicate();

  /** Help must come at once: it loads no HTTP server, no terminal and no JSON. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "--version",
        "serve --help",
        "chat --help",
        "bench throughput --help",
        "pull --help"
      })
  void helpLoadsNothingHeavy(String arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:stdout",
                "-cp",
                System.getProperty("java.class.path"),
                "org.lfm4j.cli.Lfm"));
    command.addAll(List.of(arguments.split(" ")));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("[class,load] org.lfm4j.cli.Lfm ");
    assertThat(output.lines().filter(HEAVY)).isEmpty();
  }
}
