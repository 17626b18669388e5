package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * docs/flags.md lists the flags that {@code lfm serve} has. Run with {@code -Dlfm4j.write=true}, it
 * is brought up to date.
 */
class FlagsPageTest {
  private static final Path PAGE = Path.of(System.getProperty("lfm4j.root"), "docs", "flags.md");
  private static final String BEGIN = "<!-- flags -->\n";
  private static final String END = "<!-- end -->\n";

  private static final CommandSpec SERVE =
      Lfm.commandLine(ModelLoader.REAL).getSubcommands().get("serve").getCommandSpec();

  @Test
  void thePageListsTheFlagsOfTheCommand() throws IOException {
    String page = Files.readString(PAGE);
    String before = page.substring(0, page.indexOf(BEGIN) + BEGIN.length());
    String after = page.substring(page.indexOf(END));
    String expected = before + tables() + after;
    if (Boolean.getBoolean("lfm4j.write")) {
      Files.writeString(PAGE, expected);
    }
    assertThat(Files.readString(PAGE))
        .as("docs/flags.md; mvn test -pl cli -am -Dtest=FlagsPageTest -Dlfm4j.write=true writes it")
        .isEqualTo(expected);
  }

  private static String tables() {
    StringBuilder text = new StringBuilder();
    Sections.of(SERVE)
        .forEach((heading, options) -> {
          text.append("\n### ").append(heading).append("\n\n");
          text.append("| flag | variable | meaning |\n|---|---|---|\n");
          options.forEach(option -> text.append(row(option)));
        });
    text.append("\n## vLLM's other flags\n\n");
    text.append("| flag | what happens | why |\n|---|---|---|\n");
    for (VllmFlag flag : VllmFlags.table()) {
      OptionSpec option = SERVE.findOption(flag.names().getFirst());
      if (option.hidden() && Arrays.equals(option.description(), new String[] {flag.reason()})) {
        text.append(row(flag));
      }
    }
    return text.append("\n").toString();
  }

  private static String row(OptionSpec option) {
    List<String> names = new ArrayList<>(Arrays.asList(option.names()));
    if (option.negatable()) {
      SERVE
          .negatedOptionsMap()
          .forEach((name, of) -> {
            if (of == option) {
              names.add(name);
            }
          });
    }
    String value = option.arity().max() == 0 ? "" : " " + option.paramLabel();
    boolean question = option.usageHelp() || option.versionHelp();
    String variable =
        question ? "" : code(FlagSources.variableName(option.longestName().substring(2)));
    return "| %s | %s | %s |\n"
        .formatted(
            names.stream().map(FlagsPageTest::code).collect(Collectors.joining(", "))
                + (value.isEmpty() ? "" : value),
            variable,
            String.join(" ", option.description()));
  }

  private static String row(VllmFlag flag) {
    String names = flag.names().stream().map(FlagsPageTest::code).collect(Collectors.joining(", "));
    String label = flag.label().isEmpty() ? "" : " " + flag.label();
    String harmless =
        flag.harmless().isEmpty() || flag.effect() == VllmFlag.Effect.ACCEPTED
            ? ""
            : ", except " + flag.harmless().replace("|", ", ").replace(".*", "...");
    String effect =
        Map.of(
                VllmFlag.Effect.ACCEPTED, "accepted",
                VllmFlag.Effect.IGNORED, "ignored with a warning",
                VllmFlag.Effect.REFUSED, "refused")
            .get(flag.effect());
    return "| %s%s | %s%s | %s |\n".formatted(names, label, effect, harmless, flag.reason());
  }

  private static String code(String text) {
    return "`" + text + "`";
  }

  @Test
  void helpFitsIn80ColumnsAndShowsEverySection() {
    String help = SERVE.commandLine().getUsageMessage();
    assertThat(help.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(80));
    assertThat(help).contains(Sections.of(SERVE).keySet());
    assertThat(help)
        .startsWith("Usage: lfm serve [MODEL] [OPTION]...\n")
        .contains("--generation-config", "--config", "--uvicorn-log-level")
        .doesNotContain("--tensor-parallel-size");
  }

  @Test
  void everyFlagBelongsToASectionOfOurs() {
    assertThat(Sections.of(SERVE).get("Other options"))
        .extracting(OptionSpec::longestName)
        .containsExactlyInAnyOrder("--help", "--version");
  }
}
