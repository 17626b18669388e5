package org.lfm4j.hub;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The quantisation in a .gguf file's name, as in {@code LFM2-24B-A2B-Q4_K_M.gguf}. */
final class Quantization {
  private static final Pattern NAME =
      Pattern.compile(
          ".*[-._]((?:[A-Z0-9]+-)?(?:I?Q[0-9]\\w*|TQ[0-9]\\w*|MXFP4\\w*|NVFP4\\w*|BF16|F16|F32))"
              + "(?:-\\d{5}-of-\\d{5})?\\.gguf",
          Pattern.CASE_INSENSITIVE);

  /** Picture and sound encoders that lie beside a language model. */
  private static final Pattern PROJECTOR = Pattern.compile("(?i)mmproj.*");

  private Quantization() {}

  /** Returns whether a path is that of a language model's .gguf file. */
  static boolean isModel(String path) {
    return path.endsWith(".gguf") && !PROJECTOR.matcher(name(path)).matches();
  }

  private static String name(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Returns the quantisation that a file's name ends in, in capitals. */
  static Optional<String> of(String path) {
    Matcher matcher = NAME.matcher(name(path));
    return isModel(path) && matcher.matches()
        ? Optional.of(matcher.group(1).toUpperCase(Locale.ROOT).replaceFirst("^.*-", ""))
        : Optional.empty();
  }

  /** Returns a repository's quantisations. */
  static List<String> all(RepoTree tree) {
    return tree.files().stream()
        .flatMap(file -> of(file.path()).stream())
        .distinct()
        .sorted()
        .toList();
  }
}
