package org.lfm4j.checkpoint.gguf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lfm4j.checkpoint.CheckpointException;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** A GGUF file, or all parts of a split one, as one name space. */
final class GgufFiles {
  private static final Pattern PART = Pattern.compile("(.*-)(\\d{5})(-of-(\\d{5})\\.gguf)");
  private static final int MOST_PARTS = 1000;

  private final GgufMetadata metadata;
  private final Map<String, GgufTensorInfo> infos = new HashMap<>();
  private final Map<String, MemorySegment> data = new HashMap<>();

  private GgufFiles(GgufMetadata metadata) {
    this.metadata = metadata;
  }

  /**
   * Maps all parts.
   *
   * @param arena unmaps them when closed
   * @throws CheckpointException if one is missing or damaged
   */
  static GgufFiles open(Path path, Arena arena) {
    MemorySegment file = map(path, arena);
    GgufHeader header = GgufHeader.parse(path.toString(), file);
    GgufFiles files = new GgufFiles(header.metadata());
    files.add(header, file);
    int parts = header.metadata().integer("split.count", 0, MOST_PARTS).orElse(1);
    for (int part = 2; part <= parts; part++) {
      Path other = part(path, part, parts);
      MemorySegment mapped = map(other, arena);
      files.add(GgufHeader.parse(other.toString(), mapped), mapped);
    }
    return files;
  }

  private static Path part(Path first, int part, int parts) {
    Matcher name = PART.matcher(String.valueOf(first.getFileName()));
    if (!name.matches()
        || Integer.parseInt(name.group(2)) != 1
        || Integer.parseInt(name.group(4)) != parts) {
      throw new CheckpointException(
          "%s: expected a name that ends in -00001-of-%05d.gguf, since it is the first of %d parts; give that file, or join the parts"
              .formatted(first, parts, parts));
    }
    return first.resolveSibling("%s%05d%s".formatted(name.group(1), part, name.group(3)));
  }

  private static MemorySegment map(Path path, Arena arena) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (NoSuchFileException e) {
      throw new CheckpointException("%s: no such file; download it".formatted(path), e);
    } catch (IOException e) {
      throw new CheckpointException("%s: can't be read: %s".formatted(path, e), e);
    }
  }

  private void add(GgufHeader header, MemorySegment file) {
    header
        .tensors()
        .forEach((name, info) -> {
          infos.put(name, info);
          data.put(name, file.asSlice(Math.min(header.dataStart(), file.byteSize())));
        });
  }

  GgufMetadata metadata() {
    return metadata;
  }

  Map<String, GgufTensorInfo> infos() {
    return infos;
  }

  /** Returns the shape of a stored tensor in words. */
  String shapeOf(String stored) {
    return Optional.ofNullable(infos.get(stored)).map(i -> i.shape().toString()).orElse("none");
  }

  /**
   * Returns a weight under its published name and shape; nothing if it is not stored or its shape
   * is another one, dimensions of 1 aside.
   *
   * @throws CheckpointException if its type is not supported
   */
  Optional<Tensor> tensor(String name, GgufNames.Stored at, List<Integer> shape) {
    GgufTensorInfo info = infos.get(at.name());
    if (info == null && at.name().equals("token_embd_norm.weight")) {
      info = infos.get(GgufNames.OTHER_FINAL_NORM);
    }
    if (info == null) {
      return Optional.empty();
    }
    int part = at.expert().orElse(0);
    List<Integer> stored = info.shape();
    if (at.expert().isPresent()) {
      if (stored.size() != 3 || part >= stored.getFirst()) {
        return Optional.empty();
      }
      stored = stored.subList(1, 3);
    }
    if (!withoutOnes(stored).equals(withoutOnes(shape))) {
      return Optional.empty();
    }
    DType type = type(info);
    if (type.quantised() && !stored.getLast().equals(shape.getLast())) {
      return Optional.empty();
    }
    long bytes = elements(shape) / type.elements() * type.bytes();
    MemorySegment all = data.getOrDefault(info.name(), MemorySegment.NULL);
    return Optional.of(
        new Tensor(name, type, shape, all.asSlice(info.offset() + part * bytes, bytes)));
  }

  private DType type(GgufTensorInfo info) {
    return info.type()
        .orElseThrow(() ->
            new CheckpointException(
                "%s: tensor %s: expected a type among F32, F16, BF16, Q8_0, Q4_0, Q4_K, Q5_K and Q6_K, found %s; get the model in Q4_K_M, Q8_0 or another of these"
                    .formatted(metadata.source(), info.name(), GgufTypes.name(info.typeId()))));
  }

  private static List<Integer> withoutOnes(List<Integer> shape) {
    return shape.stream().filter(dimension -> dimension != 1).toList();
  }

  private static long elements(List<Integer> shape) {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
  }
}
