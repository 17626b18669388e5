package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.sampling.SamplingParams;

class ChatCommandTest {
  private final Cli cli = new Cli();
  @TempDir Path directory;

  @Test
  void dashPPrintsOnlyTheAnswer() {
    assertThat(cli.run("chat", directory.toString(), "-p", "Hello you")).isZero();
    assertThat(cli.out).hasToString("Hello you\n");
    assertThat(cli.err).hasToString("");
    assertThat(cli.loaded).isEqualTo(directory);
    assertThat(cli.model.closed).isTrue();
    assertThat(cli.model.requests.getFirst().sampling())
        .isEqualTo(cli.model.generationConfig().sampling());
  }

  @Test
  void flagsReachTheModel() {
    int status =
        cli.run(
            "chat",
            directory.toString(),
            "-p",
            "a b c d",
            "--system",
            "be brief",
            "--max-tokens",
            "2",
            "--temperature",
            "0.7",
            "--top-p",
            "0.9",
            "--top-k",
            "-1",
            "--min-p",
            "0",
            "--repetition-penalty",
            "1.2",
            "--seed",
            "5",
            "--max-model-len",
            "1k",
            "--dtype",
            "bfloat16");
    assertThat(status).as(cli.err.toString()).isZero();
    assertThat(cli.out).hasToString("a b \n");
    assertThat(cli.options.maxModelLength()).isEqualTo(OptionalInt.of(1000));
    assertThat(cli.model.prompts.getFirst().messages().getFirst())
        .isEqualTo(Map.of("role", "system", "content", "be brief"));
    assertThat(cli.model.requests.getFirst().sampling())
        .isEqualTo(SamplingParams.of(0.7, 0, 0.9, 0, 1.2, OptionalLong.of(5)));
  }

  @Test
  void allOfStandardInputIsOnePrompt() {
    InputStream before = System.in;
    System.setIn(
        new ByteArrayInputStream("Sort:\npear, f\u00efg\n".getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(cli.run("chat", directory.toString())).isZero();
    } finally {
      System.setIn(before);
    }
    assertThat(cli.out).hasToString("Sort:\npear, f\u00efg\n");
    assertThat(cli.model.prompts.getFirst().messages())
        .isEqualTo(List.of(Map.of("role", "user", "content", "Sort:\npear, f\u00efg")));
  }

  @Test
  void errorsAreOneLineOnStandardError() {
    assertThat(cli.run("chat", "no/such/model", "-p", "x")).isEqualTo(1);
    assertThat(cli.run("chat", directory.toString(), "-p", "")).isEqualTo(1);
    assertThat(cli.run("chat", directory.toString(), "-p", "x", "--temperature", "9")).isEqualTo(1);
    assertThat(cli.run("chat", directory.toString(), "-p", "x", "--max-tokens", "0")).isEqualTo(1);
    assertThat(cli.run("chat", directory.toString(), "-p", "w ".repeat(30).strip())).isEqualTo(1);
    assertThat(cli.err.toString().lines())
        .containsExactly(
            "lfm: There is no model no/such/model here, and it is no name on the Hub either: give a directory with config.json, safetensors and tokenizer.json, a .gguf file, or ORG/NAME.",
            "lfm: There is no prompt: give one with -p or on standard input.",
            "lfm: temperature must be in [0, 2], got 9.0",
            "lfm: --max-tokens must be at least 1, got 0.",
            "lfm: the conversation has 30 tokens, but the context holds 20: reset it or say less");
    assertThat(cli.out).hasToString("");
  }
}
