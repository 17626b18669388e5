package org.lfm4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import org.lfm4j.tensor.DType;
import org.lfm4j.tensor.Tensor;

/** One memory-mapped safetensors file whose header has been checked. */
final class SafetensorsFile {
  private final Path path;
  private final SafetensorsHeader header;
  private final MemorySegment data;

  private SafetensorsFile(Path path, SafetensorsHeader header, MemorySegment data) {
    this.path = path;
    this.header = header;
    this.data = data;
  }

  /**
   * Maps a file.
   *
   * @param arena unmaps it when closed
   * @throws CheckpointException if it is not a complete safetensors file
   */
  static SafetensorsFile open(Path path, Arena arena) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      MemorySegment file = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
      SafetensorsHeader header = SafetensorsHeader.parse(path.toString(), file);
      return new SafetensorsFile(path, header, file.asSlice(header.dataStart()));
    } catch (NoSuchFileException e) {
      throw new CheckpointException(
          "%s: no such file; the model's index names it, download it again".formatted(path), e);
    } catch (IOException e) {
      throw new CheckpointException("%s: can't be read: %s".formatted(path, e), e);
    }
  }

  Path path() {
    return path;
  }

  Set<String> names() {
    return header.entries().keySet();
  }

  /**
   * Returns a tensor of this file, or none.
   *
   * @throws CheckpointException if its type is not supported
   */
  Optional<Tensor> tensor(String name) {
    return Optional.ofNullable(header.entries().get(name))
        .map(entry ->
            new Tensor(
                name,
                dtype(name, entry),
                entry.shape(),
                data.asSlice(entry.begin(), entry.end() - entry.begin())));
  }

  private DType dtype(String name, SafetensorsHeader.Entry entry) {
    return entry
        .supportedDtype()
        .orElseThrow(() ->
            new CheckpointException(
                "%s: tensor %s: expected dtype BF16, F16 or F32, found %s; use the original, not a quantised copy"
                    .formatted(path, name, entry.dtype())));
  }
}
