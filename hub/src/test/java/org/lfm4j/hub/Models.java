package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** Repositories that tests publish. */
final class Models {
  static final String NAME = "LiquidAI/LFM2-Test";
  static final String GGUF = "LiquidAI/LFM2-Test-GGUF";

  private Models() {}

  /** A small safetensors repository with files of every kind and in folders. */
  static List<StandInFile> files() {
    return List.of(
        StandInFile.text(".gitattributes", "*.safetensors filter=lfs\n"),
        StandInFile.text("README.md", "# A model\n"),
        StandInFile.text("chat_template.jinja", "{{ messages }}"),
        StandInFile.text("config.json", "{\"model_type\": \"lfm2\"}"),
        StandInFile.text("empty.txt", ""),
        StandInFile.random("model-00001-of-00002.safetensors", 100_000, StandInFile.Kind.XET),
        StandInFile.random("model-00002-of-00002.safetensors", 70_001, StandInFile.Kind.LFS),
        StandInFile.text(
            "model.safetensors.index.json",
            "{\"weight_map\": {\"a\": \"model-00001-of-00002.safetensors\", \"b\": \"model-00002-of-00002.safetensors\"}}"),
        StandInFile.text("notes/über uns+1.txt", "folders, blanks and other letters"),
        StandInFile.random("onnx/model.onnx", 5_000, StandInFile.Kind.LFS),
        StandInFile.random("tokenizer.json", 12_345, StandInFile.Kind.LFS));
  }

  static List<StandInFile> ggufFiles() {
    return List.of(
        StandInFile.random("LFM2-Test-BF16.gguf", 30_000, StandInFile.Kind.XET),
        StandInFile.random("LFM2-Test-Q4_0.gguf", 10_000, StandInFile.Kind.XET),
        StandInFile.random("LFM2-Test-Q4_K_M.gguf", 11_000, StandInFile.Kind.XET),
        StandInFile.text("README.md", "# Quantised\n"),
        StandInFile.random("mmproj-LFM2-Test-F16.gguf", 2_000, StandInFile.Kind.XET));
  }

  static void assertSameBytes(Snapshot snapshot, List<StandInFile> published) throws IOException {
    assertThat(snapshot.files()).isNotEmpty();
    for (RepoFile file : snapshot.files()) {
      byte[] expected =
          published.stream()
              .filter(one -> one.path().equals(file.path()))
              .findFirst()
              .orElseThrow()
              .content();
      assertThat(Files.readAllBytes(snapshot.directory().resolve(file.path())))
          .as(file.path())
          .isEqualTo(expected);
    }
  }
}
