package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Flags from the environment and from a file, for options of any kind in any mixin. */
class FlagSourcesTest {
  private final Map<String, String> environment = new HashMap<>();
  private final StringWriter err = new StringWriter();
  @TempDir Path directory;

  @Command(name = "tool")
  private static final class Tool implements Runnable {
    @Parameters(arity = "0..1")
    private String model;

    @Mixin private Numbers numbers = new Numbers();

    @Option(names = "--name", arity = "1..*")
    private List<String> names = List.of();

    @Option(names = "--origin")
    private List<String> origins = List.of();

    @Option(names = "--config")
    private Path config;

    @Override
    public void run() {}
  }

  private static final class Numbers {
    @Option(names = "--port", defaultValue = "8000")
    private int port;

    @Option(names = "--max-model-len", defaultValue = "auto")
    private String length;

    @Option(names = "--cache", negatable = true, defaultValue = "true", fallbackValue = "true")
    private boolean cache;

    @Option(names = "--eager")
    private boolean eager;

    @Option(names = "--override")
    private String override;
  }

  private int run(Tool tool, String... arguments) {
    CommandLine command = new CommandLine(tool);
    CommandSpec spec = command.getCommandSpec();
    spec.preprocessor(new FlagSources(environment));
    command.setParameterExceptionHandler(new Mistakes()).setErr(new PrintWriter(err, true));
    return command.execute(arguments);
  }

  private Tool parsed(String... arguments) {
    Tool tool = new Tool();
    assertThat(run(tool, arguments)).as(err.toString()).isZero();
    return tool;
  }

  private String file(String... lines) throws IOException {
    return Files.write(directory.resolve("lfm.yaml"), Arrays.asList(lines)).toString();
  }

  @Test
  void flagsWinOverVariablesAndVariablesOverTheFile() throws Exception {
    String file = file("port: 1", "max-model-len: 32k", "eager: true");
    assertThat(parsed().numbers.port).isEqualTo(8000);
    assertThat(parsed("--config", file).numbers.port).isEqualTo(1);
    environment.put("LFM_PORT", "2");
    assertThat(parsed("--config=" + file).numbers.port).isEqualTo(2);
    Tool all = parsed("--port", "3", "--config", file);
    assertThat(all.numbers.port).isEqualTo(3);
    assertThat(all.numbers.length).isEqualTo("32k");
    assertThat(all.numbers.eager).isTrue();
    environment.put("LFM_CONFIG", file);
    assertThat(parsed("m").numbers.length).isEqualTo("32k");
    assertThat(parsed("m", "--max_model_len=1M").numbers.length).isEqualTo("1M");
  }

  @Test
  void switchesCanBeTurnedOnAndOff() throws Exception {
    environment.put("LFM_CACHE", "0");
    environment.put("LFM_EAGER", "yes");
    Tool tool = parsed();
    assertThat(tool.numbers.cache).isFalse();
    assertThat(tool.numbers.eager).isTrue();
    assertThat(parsed("--cache").numbers.cache).isTrue();
    environment.clear();
    Tool fromFile = parsed("--config", file("cache: false", "eager: false"));
    assertThat(fromFile.numbers.cache).isFalse();
    assertThat(fromFile.numbers.eager).isFalse();
  }

  @Test
  void severalValuesAreReplacedNotAdded() throws Exception {
    String file = file("name: [a, b]", "origin: ['*']", "override: {temperature: 0.5}");
    Tool tool = parsed("model", "--config", file);
    assertThat(tool.model).isEqualTo("model");
    assertThat(tool.names).containsExactly("a", "b");
    assertThat(tool.origins).containsExactly("*");
    assertThat(tool.numbers.override).isEqualTo("{\"temperature\":0.5}");
    assertThat(parsed("model", "--config", file, "--name", "c").names).containsExactly("c");
    environment.put("LFM_NAME", "d e");
    environment.put("LFM_ORIGIN", "[\"x\", \"y\"]");
    Tool fromVariables = parsed("--config", file, "--", "model");
    assertThat(fromVariables.model).isEqualTo("model");
    assertThat(fromVariables.names).containsExactly("d", "e");
    assertThat(fromVariables.origins).containsExactly("[\"x\", \"y\"]");
  }

  @Test
  void anEmptyVariableIsNone() {
    environment.put("LFM_PORT", "");
    assertThat(parsed().numbers.port).isEqualTo(8000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "LFM_PORT=eight | '' | Invalid value for option '--port': 'eight' is not an int, which comes from the environment variable LFM_PORT",
        "LFM_EAGER=maybe | '' | --eager must be true or false, got maybe, which comes from the environment variable LFM_EAGER.",
        "X=1 | prot: 1 | prot is no flag of tool. Did you mean port?",
        "X=1 | zzzzzz: 1 | zzzzzz is no flag of tool.",
        "X=1 | port: eight | Invalid value for option '--port': 'eight' is not an int, which comes from ",
        "X=1 | 'port: [1, {a: 2}]' | port must be a list of plain values.",
        "X=1 | 'port: [1' | is no valid YAML at line ",
        "X=1 | just text | must hold lines like port: 8000, one for each flag.",
      })
  void mistakesNameTheirPlace(String variable, String line, String message) throws Exception {
    environment.put(variable.split("=")[0], variable.split("=")[1]);
    String[] arguments = line.isEmpty() ? new String[0] : new String[] {"--config", file(line)};
    assertThat(run(new Tool(), arguments)).isNotZero();
    assertThat(err.toString()).contains(message).doesNotContain("\tat ");
  }

  @Test
  void aMissingFileIsSaid() {
    assertThat(run(new Tool(), "--config", "no/such.yaml")).isNotZero();
    assertThat(err.toString()).contains("--config no/such.yaml: there is no such file to read.");
  }
}
