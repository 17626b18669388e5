package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The command in a process of its own, with the demo model: what a shell script sees. */
@Timeout(60)
class ProcessTest {
  private static final Pattern READY = Pattern.compile("ready in \\d+\\.\\d s: (http://\\S+)/v1 ");
  private static final String STORY =
      """
      {"messages": [{"role": "user", "content": "Tell me a story."}], "stream": true, "ignore_eos": true}\
      """;
  private static final int SIGTERM_STATUS = 143;

  private static ProcessBuilder lfm(String... arguments) {
    return lfm(List.of("--add-modules", "jdk.incubator.vector"), arguments);
  }

  private static ProcessBuilder lfm(List<String> flags, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(flags);
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Dlfm4j.home=" + System.getProperty("lfm4j.root"),
            "-cp",
            System.getProperty("java.class.path"),
            "org.lfm4j.cli.Lfm"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
  }

  @Test
  void chatWritesOnlyTheAnswer() throws Exception {
    Process chat = lfm("chat", "-p", "What is 37 + 48?").start();
    String output = new String(chat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(chat.waitFor()).isZero();
    assertThat(output).contains("85").doesNotContain("tokens/s", "lfm2_moe").endsWith("\n");
  }

  @Test
  void kernelsInCNeedNoVectorApi() throws Exception {
    Process chat =
        lfm(List.of(), "chat", "-p", "What is 37 + 48?").redirectErrorStream(true).start();
    String output = new String(chat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    chat.waitFor();
    assumeTrue(!output.contains("--add-modules"), "built without a C compiler");
    assertThat(output).contains("85");
  }

  @Test
  void withoutEitherItSaysWhatToDo() throws Exception {
    Process chat =
        lfm(List.of("-Dlfm4j.native=false"), "chat", "-p", "What is 37 + 48?")
            .redirectErrorStream(true)
            .start();
    String output = new String(chat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(chat.waitFor()).isEqualTo(1);
    assertThat(output.lines())
        .singleElement()
        .asString()
        .startsWith("lfm: ")
        .endsWith("start Java with --add-modules jdk.incubator.vector");
  }

  @Test
  void chatReadsItsPromptFromAPipeAndCutsOffItsAnswer() throws Exception {
    String whole = piped("chat");
    String cut = piped("chat", "--max-tokens", "2");
    assertThat(whole).contains("85").endsWith("\n");
    assertThat(cut).endsWith("\n").isNotBlank().hasSizeLessThan(whole.length());
    assertThat(whole).startsWith(cut.stripTrailing());
  }

  private static String piped(String... arguments) throws Exception {
    Process chat = lfm(arguments).start();
    try (var in = chat.outputWriter(StandardCharsets.UTF_8)) {
      in.write("What is 37 + 48?\n");
    }
    String output = new String(chat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(chat.waitFor()).isZero();
    return output;
  }

  @Test
  void serveCutsOffRunningAnswersOnSigtermAndSaysSo() throws Exception {
    Process serve =
        lfm("serve", "--host", "127.0.0.1", "--port", "0", "--shutdown-timeout", "0")
            .redirectErrorStream(true)
            .start();
    try (BufferedReader out = serve.inputReader(StandardCharsets.UTF_8)) {
      HttpURLConnection chat =
          (HttpURLConnection)
              URI.create(awaitReady(out) + "/v1/chat/completions").toURL().openConnection();
      chat.setDoOutput(true);
      chat.setRequestProperty("Content-Type", "application/json");
      chat.getOutputStream().write(STORY.getBytes(StandardCharsets.UTF_8));
      BufferedReader events =
          new BufferedReader(new InputStreamReader(chat.getInputStream(), StandardCharsets.UTF_8));
      assertThat(events.readLine()).startsWith("data: {");
      serve.toHandle().destroy();
      List<String> rest = events.lines().filter(line -> !line.isEmpty()).toList();
      assertThat(rest.getLast()).isEqualTo("data: [DONE]");
      assertThat(rest.get(rest.size() - 2))
          .contains("The server is shutting down: the answer was cut off.", "503");
      assertThat(rest).noneMatch(line -> line.contains("\"finish_reason\":\""));
      assertThat(out.lines().toList())
          .containsExactly(
              "stopping: running answers have 0 s left; a second signal ends them at once ...",
              "stopped");
      assertThat(serve.waitFor()).isEqualTo(SIGTERM_STATUS);
    } finally {
      serve.destroyForcibly();
    }
  }

  private static String awaitReady(BufferedReader out) throws IOException {
    StringBuilder seen = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      Matcher matcher = READY.matcher(line);
      if (matcher.find()) {
        return matcher.group(1);
      }
      seen.append(line).append('\n');
    }
    throw new AssertionError("serve ended before it was ready:\n" + seen);
  }
}
