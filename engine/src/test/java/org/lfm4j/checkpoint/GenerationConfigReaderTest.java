package org.lfm4j.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.sampling.SamplingParams;

class GenerationConfigReaderTest {
  @TempDir private Path directory;

  @Test
  void withoutFileIsGreedyUntilTheModelsEos() throws IOException {
    writeConfig(TinyModels.denseConfig(100));
    GenerationConfig config = GenerationConfigReader.read(directory);
    assertThat(config.sampling()).isEqualTo(SamplingParams.GREEDY);
    assertThat(config.eosTokenIds()).containsExactly(7);
    writeConfig(
        TinyModels.denseConfig(100).replace("\"eos_token_id\": 7", "\"eos_token_id\": [7, 2]"));
    assertThat(GenerationConfigReader.read(directory).eosTokenIds())
        .containsExactlyInAnyOrder(7, 2);
  }

  @Test
  void everyValueIsRead() throws IOException {
    GenerationConfig config =
        read(
            """
            {"do_sample": true, "temperature": 0.1, "top_k": 50, "top_p": 0.9, "min_p": 0.15,
             "repetition_penalty": 1.05, "eos_token_id": [7, 2], "bos_token_id": 1}
            """);
    assertThat(config.sampling())
        .isEqualTo(SamplingParams.of(0.1, 50, 0.9, 0.15, 1.05, OptionalLong.empty()));
    assertThat(config.eosTokenIds()).containsExactlyInAnyOrder(7, 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"eos_token_id\": 7}|0",
        "{\"do_sample\": true}|1",
        "{\"temperature\": 0.3}|0.3",
        "{\"do_sample\": true, \"temperature\": 0.3}|0.3",
        "{\"do_sample\": false, \"temperature\": 0.3}|0",
        "{\"do_sample\": null, \"temperature\": null, \"top_k\": null}|0"
      })
  void samplingNeedsAWordOfTheFile(String json, double temperature) throws IOException {
    GenerationConfig config = read(json);
    assertThat(config.sampling().temperature()).isEqualTo(temperature);
    assertThat(config.eosTokenIds()).containsExactly(7);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"temperature\": 5}|temperature must be in [0, 2], got 5.0",
        "{\"temperature\": \"hot\"}|\"temperature\": expected a number, found \"hot\"",
        "{\"top_k\": -1}|\"top_k\": expected an integer in [0, 2147483647], found -1",
        "{\"top_p\": 0}|top_p must be in (0, 1], got 0.0",
        "{\"eos_token_id\": \"</s>\"}|\"eos_token_id\": expected integers",
        "{\"do_sample\": \"yes\"}|\"do_sample\": expected true or false",
        "nonsense|found bad JSON"
      })
  void badValueIsRefused(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("generation_config.json")
        .hasMessageContaining(message);
  }

  @Test
  void defaultsCanComeFromElsewhere(@TempDir Path other) throws IOException {
    read("{\"temperature\": 0.3, \"min_p\": 0.15, \"eos_token_id\": [7, 2]}");
    Files.writeString(
        other.resolve("generation_config.json"), "{\"temperature\": 0.9, \"eos_token_id\": 5}");
    GenerationConfig elsewhere = GenerationConfigReader.read(directory, SamplingDefaults.of(other));
    assertThat(elsewhere.sampling())
        .isEqualTo(SamplingParams.of(0.9, 0, 1, 0, 1, OptionalLong.empty()));
    GenerationConfig overridden =
        GenerationConfigReader.read(
            directory,
            SamplingDefaults.OF_MODEL.overriddenBy("{\"temperature\": 0.5, \"top_k\": 20}"));
    assertThat(overridden.sampling())
        .isEqualTo(SamplingParams.of(0.5, 20, 1, 0.15, 1, OptionalLong.empty()));
    for (GenerationConfig config : new GenerationConfig[] {elsewhere, overridden}) {
      assertThat(config.eosTokenIds()).containsExactlyInAnyOrder(7, 2);
    }
  }

  @Test
  void neutralDefaultsDoNotReadTheFile() throws IOException {
    read("{}");
    Set<Integer> ofConfig = GenerationConfigReader.read(directory).eosTokenIds();
    Files.writeString(directory.resolve("generation_config.json"), "no JSON at all");
    GenerationConfig neutral = GenerationConfigReader.read(directory, SamplingDefaults.NEUTRAL);
    assertThat(neutral.sampling())
        .isEqualTo(SamplingParams.of(1, 0, 1, 0, 1, OptionalLong.empty()));
    assertThat(neutral.eosTokenIds()).isEqualTo(ofConfig);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"max_new_tokens\": 5}|max_new_tokens can't be set; these can: min_p, repetition_penalty, temperature, top_k, top_p",
        "{\"temperature\": 9}|temperature must be in [0, 2], got 9.0",
        "{\"top_k\": \"all\"}|\"top_k\": expected an integer",
        "temperature=1|found bad JSON",
      })
  void badOverrideIsRefused(String json, String message) throws IOException {
    read("{}");
    SamplingDefaults defaults = SamplingDefaults.OF_MODEL.overriddenBy(json);
    assertThatThrownBy(() -> GenerationConfigReader.read(directory, defaults))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("override_generation_config")
        .hasMessageContaining(message);
  }

  private GenerationConfig read(String json) throws IOException {
    writeConfig(TinyModels.denseConfig(100));
    Files.writeString(directory.resolve("generation_config.json"), json);
    return GenerationConfigReader.read(directory);
  }

  private void writeConfig(String json) throws IOException {
    Files.writeString(directory.resolve("config.json"), json);
  }
}
