package org.lfm4j.hub;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/** How the files to run are found. */
final class ModelSelection {
  /** What llama.cpp's users get when they name no quantisation. */
  private static final String USUAL = "Q4_K_M";

  private static final Pattern OTHER_WEIGHTS =
      Pattern.compile(
          "(?i).*\\.(gguf|ggml|bin|pt|pth|ckpt|onnx|onnx_data\\S*|h5|msgpack|tflite|ot|npz|mlmodel|mlpackage/.*|pte)");

  private static final int MOST_NAMES = 12;

  private ModelSelection() {}

  static List<RepoFile> runnable(RepoTree tree) {
    if (tree.files().stream().anyMatch(file -> file.path().endsWith(".safetensors"))) {
      return tree.files().stream()
          .filter(file -> !OTHER_WEIGHTS.matcher(file.path()).matches())
          .toList();
    }
    List<RepoFile> models =
        tree.files().stream().filter(file -> Quantization.isModel(file.path())).toList();
    if (models.isEmpty()) {
      throw new HubException(
          "%s holds no model that lfm4j can run, neither .safetensors nor .gguf: it has %s."
              .formatted(tree.repo(), names(tree)));
    }
    if (models.size() == 1) {
      return models;
    }
    if (!Quantization.all(tree).contains(USUAL)) {
      throw new HubException(
          "%s has several .gguf files: name one, as in %s:%s; it has %s."
              .formatted(
                  tree.repo(),
                  tree.repo(),
                  Quantization.all(tree).stream().findFirst().orElse("Q8_0"),
                  String.join(", ", Quantization.all(tree))));
    }
    return quantization(USUAL).choose(tree);
  }

  static Selection quantization(String wanted) {
    String name = wanted.toUpperCase(Locale.ROOT);
    return tree -> {
      List<RepoFile> chosen =
          tree.files().stream()
              .filter(file -> Quantization.of(file.path()).filter(name::equals).isPresent())
              .toList();
      if (!chosen.isEmpty()) {
        return chosen;
      }
      List<String> all = Quantization.all(tree);
      throw new HubException(
          all.isEmpty()
              ? "%s has no .gguf files: leave out ':%s', or try %s-GGUF:%s."
                  .formatted(tree.repo(), wanted, tree.repo(), wanted)
              : "%s has no .gguf file in %s: it has %s."
                  .formatted(tree.repo(), wanted, String.join(", ", all)));
    };
  }

  static String names(RepoTree tree) {
    List<String> paths = tree.files().stream().map(RepoFile::path).toList();
    return paths.size() <= MOST_NAMES
        ? String.join(", ", paths)
        : String.join(", ", paths.subList(0, MOST_NAMES)) + ", ...";
  }
}
