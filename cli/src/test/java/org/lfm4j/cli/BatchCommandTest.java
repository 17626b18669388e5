package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code lfm batch} with the demo model. */
class BatchCommandTest {
  private static final String DEMO =
      Path.of(System.getProperty("lfm4j.root"), "demo-model", "lfm2-demo").toString();

  @TempDir Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Path input(String... lines) throws IOException {
    return Files.write(folder.resolve("in.jsonl"), List.of(lines));
  }

  private Path output() {
    return folder.resolve("out.jsonl");
  }

  private int run(Path input) {
    return Lfm.commandLine(ModelLoader.REAL)
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(
            "batch",
            input.toString(),
            output().toString(),
            "--model",
            DEMO,
            "--served-model-name",
            "lfm2");
  }

  private static String chat(String id, String more) {
    return "{\"custom_id\":\"%s\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"messages\":[{\"role\":\"user\",\"content\":\"What is 37 + 48?\"}],\"temperature\":0,\"max_tokens\":4%s}}"
        .formatted(id, more);
  }

  private Map<String, JsonNode> answers() throws IOException {
    Map<String, JsonNode> answers = new TreeMap<>();
    for (String line : Files.readAllLines(output())) {
      JsonNode answer = JsonMapper.shared().readTree(line);
      assertThat(answer.propertyNames()).containsExactly("id", "custom_id", "response", "error");
      assertThat(answers.put(answer.path("id").asString(), answer)).as("answered once").isNull();
    }
    return answers;
  }

  @Test
  void answersEachLineWhateverBecomesOfOthers() throws IOException {
    Path input =
        input(
            chat("a", ""),
            chat("b", ",\"model\":\"gpt-9\""),
            "",
            "no json",
            chat("a", ""),
            chat("c", "").replace("/v1/chat/completions", "/v1/embeddings"),
            chat("d", "").replace("POST", "GET"),
            "{\"custom_id\":\"e\",\"method\":\"POST\",\"url\":\"/v1/completions\",\"body\":{\"prompt\":\"The sun\",\"max_tokens\":2}}",
            chat("f", ",\"stream\":true"),
            chat("g", ",\"temperature\":7"));
    assertThat(run(input)).as(err.toString()).isZero();
    Map<String, JsonNode> answers = answers();
    assertThat(answers).hasSize(9);
    JsonNode first = answers.get("batch_req_1");
    assertThat(first.path("custom_id").asString()).isEqualTo("a");
    assertThat(first.at("/response/status_code").asInt()).isEqualTo(200);
    assertThat(first.at("/response/body/object").asString()).isEqualTo("chat.completion");
    assertThat(first.at("/response/body/model").asString()).isEqualTo("lfm2");
    assertThat(first.path("error").isNull()).isTrue();
    assertThat(answers.get("batch_req_8").at("/response/body/object").asString())
        .isEqualTo("text_completion");
    assertThat(answers.get("batch_req_2").at("/response/status_code").asInt()).isEqualTo(404);
    assertThat(answers.get("batch_req_10").at("/response/body/error/param").asString())
        .isEqualTo("temperature");
    assertThat(answers.get("batch_req_9").at("/response/body/error/param").asString())
        .isEqualTo("stream");
    assertThat(answers.get("batch_req_4").at("/error/message").asString())
        .isEqualTo("line 4 is not JSON");
    assertThat(answers.get("batch_req_5").at("/error/message").asString())
        .isEqualTo("custom_id a was used before, in line 1");
    assertThat(answers.get("batch_req_6").at("/error/message").asString())
        .startsWith("url must be /v1/chat/completions");
    assertThat(answers.get("batch_req_7").at("/error/message").asString())
        .isEqualTo("method must be POST");
    assertThat(out.toString()).contains("9 requests answered, 7 of them with errors;");
  }

  @Test
  void goesOnWhereAKilledRunWas() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      lines.add(chat("r" + i, ""));
    }
    Path input = input(lines.toArray(String[]::new));
    assertThat(run(input)).as(err.toString()).isZero();
    Map<String, JsonNode> whole = answers();
    List<String> written = Files.readAllLines(output());
    String half = written.get(5).substring(0, 40);
    Files.writeString(output(), String.join("\n", written.subList(0, 5)) + "\n" + half);
    assertThat(run(input)).isZero();
    assertThat(Files.readAllLines(output()).subList(0, 5)).isEqualTo(written.subList(0, 5));
    Map<String, JsonNode> resumed = answers();
    assertThat(resumed.keySet()).isEqualTo(whole.keySet());
    resumed.forEach((id, answer) ->
        assertThat(answer.at("/response/body/choices"))
            .isEqualTo(whole.get(id).at("/response/body/choices")));
    assertThat(out.toString()).contains("7 requests answered, 0 of them with errors; 5 were");
    long size = Files.size(output());
    assertThat(run(input)).isZero();
    assertThat(Files.size(output())).isEqualTo(size);
  }

  @Test
  void mindsWhatTheFilesAre() throws IOException {
    assertThat(run(folder.resolve("none.jsonl"))).isEqualTo(1);
    assertThat(err.toString()).contains("There is no file");
    Path input = input(chat("a", ""));
    Files.writeString(output(), "my diary\n");
    assertThat(run(input)).isEqualTo(1);
    assertThat(err.toString()).contains("is no output of lfm batch: name another one.");
    assertThat(output()).hasContent("my diary\n");
    Files.delete(output());
    assertThat(run(input)).isZero();
    assertThat(run(input(chat("b", "")))).isEqualTo(1);
    assertThat(err.toString()).contains("answers another request in place of line 1");
    Files.write(input, new byte[] {'{', (byte) 0xff, '\n'}, StandardOpenOption.APPEND);
    assertThat(run(input)).isEqualTo(1);
    assertThat(err.toString()).contains("is not UTF-8 text");
  }

  @Test
  void drawsABar() {
    BatchProgress progress = new BatchProgress(new PrintWriter(out, true), true);
    progress.start(4);
    progress.answered(true, 10);
    progress.answered(false, 0);
    progress.answered(true, 10);
    assertThat(progress.bar())
        .startsWith("[" + "#".repeat(22) + ".".repeat(8) + "] 3/4, 1 failed, ");
    progress.answered(true, 10);
    progress.end();
    assertThat(out.toString()).contains("\r[", "4/4, 1 failed").endsWith(System.lineSeparator());
  }
}
