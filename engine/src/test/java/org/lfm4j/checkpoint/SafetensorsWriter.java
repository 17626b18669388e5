package org.lfm4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import org.lfm4j.tensor.Tensor;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes safetensors files for tests. */
public final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /** Writes tensors one after another, in their order. */
  public static void write(Path file, Collection<Tensor> tensors) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      writeAll(channel, ByteBuffer.wrap(bytes(header(tensors), new byte[0])));
      for (Tensor tensor : tensors) {
        writeAll(channel, tensor.data().asByteBuffer());
      }
    }
  }

  /** Returns a file's bytes: the header's length, the header, the data. */
  public static byte[] bytes(String header, byte[] data) {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + json.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(json.length)
        .put(json)
        .put(data)
        .array();
  }

  /** Returns a file's bytes. */
  public static byte[] bytes(Collection<Tensor> tensors) {
    ByteBuffer data =
        ByteBuffer.allocate((int) tensors.stream().mapToLong(t -> t.data().byteSize()).sum());
    tensors.forEach(tensor -> data.put(tensor.data().toArray(ValueLayout.JAVA_BYTE)));
    return bytes(header(tensors), data.array());
  }

  private static String header(Collection<Tensor> tensors) {
    ObjectNode header = JsonMapper.shared().createObjectNode();
    header.putObject("__metadata__").put("format", "pt");
    long offset = 0;
    for (Tensor tensor : tensors) {
      ObjectNode entry = header.putObject(tensor.name());
      entry.put("dtype", tensor.dtype().name());
      entry.set("shape", JsonMapper.shared().valueToTree(tensor.shape()));
      long end = offset + tensor.data().byteSize();
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    String json = header.toString();
    return json + " ".repeat((8 - json.length() % 8) % 8);
  }

  private static void writeAll(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
