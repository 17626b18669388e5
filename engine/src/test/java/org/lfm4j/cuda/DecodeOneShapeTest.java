package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.checkpoint.PublishedModel;
import org.lfm4j.cuda.driver.Architecture;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.KernelSource;
import org.lfm4j.cuda.driver.Nvrtc;

class DecodeOneShapeTest {
  private static final long GIB = 1L << 30;

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "LFM2.5-230M, false",
    "LFM2-350M, false",
    "LFM2-700M, false",
    "LFM2-1.2B, true",
    "LFM2-2.6B, true",
    "LFM2.5-2.6B, true",
    "LFM2-8B-A1B, true",
    "LFM2.5-8B-A1B, true",
    "LFM2-24B-A2B, true"
  })
  void knowsThePublishedModelsOf2048Channels(String model, boolean known) {
    assertThat(DecodeOneShape.fits(PublishedModel.of(model).config())).isEqualTo(known);
  }

  @Test
  void knowsNoOtherNumberOfExperts() {
    assertThat(DecodeOneShape.fits(config("num_experts\": 64", "num_experts\": 64"))).isTrue();
    assertThat(DecodeOneShape.fits(config("num_experts\": 64", "num_experts\": 48"))).isFalse();
    assertThat(DecodeOneShape.fits(config("experts_per_tok\": 4", "experts_per_tok\": 2")))
        .isFalse();
  }

  private static ModelConfig config(String what, String instead) {
    String json = PublishedModel.of("LFM2-24B-A2B").json();
    assertThat(json).contains(what);
    return ModelConfigReader.parse("config.json", json.replace(what, instead));
  }

  @Test
  void needsHopperWithAMultiprocessorForEachBlock() {
    assertThat(DecodeOneShape.fits(device(9, 132, 232_448))).isTrue();
    assertThat(DecodeOneShape.fits(device(9, 114, 232_448))).isFalse();
    assertThat(DecodeOneShape.fits(device(10, 148, 232_448))).isFalse();
    assertThat(DecodeOneShape.fits(device(8, 128, 166_912))).isFalse();
  }

  private static Device device(int major, int multiprocessors, int sharedBytes) {
    return new Device(0, 0, "a GPU", major, 0, 80 * GIB, multiprocessors, sharedBytes);
  }

  @Test
  void definesTheLayersOfAModel() {
    assertThat(DecodeOneShape.source(PublishedModel.of("LFM2-8B-A1B").config()).defines())
        .containsEntry("ATTENTION_LAYERS", "0x244444ull")
        .containsEntry("LAYERS", "24")
        .containsEntry("DENSE_LAYERS", "2")
        .containsEntry("EXPERTS", "32");
    assertThat(DecodeOneShape.source(PublishedModel.of("LFM2-1.2B").config()).defines())
        .containsEntry("DENSE_LAYERS", "16")
        .containsEntry("EXPERTS", "0");
  }

  @Test
  void compilesForEveryModelThatFits() {
    assumeTrue(Nvrtc.find().isPresent(), Nvrtc.absence());
    List<KernelSource> sources =
        PublishedModel.ALL.stream()
            .map(PublishedModel::config)
            .filter(DecodeOneShape::fits)
            .map(DecodeOneShape::source)
            .toList();
    assertThat(sources).hasSize(6);
    assertThat(new KernelCache(folder).cubins(sources, Architecture.of(90)))
        .hasSize(sources.size());
  }
}
