package org.lfm4j.checkpoint;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfm4j.tensor.Tensor;

/**
 * Finds published weight names in the layouts that occur in files: per-expert tensors, the fused
 * experts of transformers 5, and the text part of a vision model.
 *
 * <p>Fused: {@code experts.gate_up_proj} [E, 2M, H] holds w1 in rows 0..M-1 and w3 in rows M..2M-1
 * of each expert, {@code experts.down_proj} [E, H, M] holds w2; both with or without the suffix
 * {@code .weight}.
 */
final class WeightLayout {
  private static final Pattern EXPERT =
      Pattern.compile("(.*\\.experts\\.)(\\d+)\\.(w[123])\\.weight");
  private static final String TEXT = "model.";
  private static final String VISION_TEXT = "model.language_model.";

  private final SafetensorsDirectory files;
  private final boolean vision;

  WeightLayout(SafetensorsDirectory files) {
    this.files = files;
    this.vision = files.has(VISION_TEXT + ExpectedTensors.EMBEDDING.substring(TEXT.length()));
  }

  /** Returns whether the weight of a published name is stored here. */
  boolean has(String name) {
    return files.has(storedName(name));
  }

  /** Returns the weight of a published name, or none. */
  Optional<Tensor> find(String name) {
    String stored = storedName(name);
    Optional<Tensor> tensor = files.tensor(stored);
    if (stored.equals(fusedName(name))) {
      return tensor.map(fused -> slice(fused, name));
    }
    return tensor.map(found -> new Tensor(name, found.dtype(), found.shape(), found.data()));
  }

  /** Returns the name under which a published name is, or would be, stored here. */
  String storedName(String name) {
    String plain = withPrefix(name);
    String fused = fusedName(name);
    return !files.has(plain) && files.has(fused) ? fused : plain;
  }

  /** Returns the file that holds the weight of a published name. */
  Path file(String name) {
    return files.file(storedName(name));
  }

  private String withPrefix(String name) {
    return vision && name.startsWith(TEXT) ? VISION_TEXT + name.substring(TEXT.length()) : name;
  }

  /** Returns the tensor that would hold an expert's weight, or the empty string. */
  private String fusedName(String name) {
    Matcher expert = EXPERT.matcher(withPrefix(name));
    if (!expert.matches()) {
      return "";
    }
    String fused = expert.group(1) + (expert.group(3).equals("w2") ? "down_proj" : "gate_up_proj");
    return files.has(fused + ".weight") ? fused + ".weight" : fused;
  }

  private static Tensor slice(Tensor fused, String name) {
    Matcher expert = EXPERT.matcher(name);
    if (!expert.matches() || fused.shape().size() != 3) {
      return fused;
    }
    int index = Integer.parseInt(expert.group(2));
    String part = expert.group(3);
    int halves = part.equals("w2") ? 1 : 2;
    int rows = fused.shape().get(1) / halves;
    int columns = fused.shape().get(2);
    long bytes = (long) rows * columns * fused.dtype().bytes();
    long offset = ((long) index * halves + (part.equals("w3") ? 1 : 0)) * bytes;
    if (index >= fused.rows() || fused.shape().get(1) % halves != 0) {
      return fused;
    }
    return new Tensor(
        name, fused.dtype(), List.of(rows, columns), fused.data().asSlice(offset, bytes));
  }
}
