package org.lfm4j.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The blocks of a partial file that are finished: one line each with its number and CRC-32C, added
 * when the block is written. A process may be killed at any byte of it.
 */
final class BlockJournal implements AutoCloseable {
  private final FileChannel channel;
  private final Map<Integer, Integer> recorded;

  private BlockJournal(FileChannel channel, Map<Integer, Integer> recorded) {
    this.channel = channel;
    this.recorded = recorded;
  }

  /**
   * Opens a journal and drops what follows its last whole line.
   *
   * @param title says which file it is for; a journal with another title is begun anew
   */
  static BlockJournal open(Path path, String title) throws IOException {
    String text = Files.exists(path) ? Files.readString(path, StandardCharsets.ISO_8859_1) : "";
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    String head = title + "\n";
    FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!whole.startsWith(head)) {
      channel.truncate(0);
      append(channel, head);
      return new BlockJournal(channel, Map.of());
    }
    channel.truncate(whole.length());
    channel.position(whole.length());
    return new BlockJournal(channel, parse(whole.substring(head.length())));
  }

  private static Map<Integer, Integer> parse(String lines) {
    Map<Integer, Integer> blocks = new LinkedHashMap<>();
    for (String line : lines.lines().toList()) {
      String[] words = line.split(" ", -1);
      if (words.length == 2 && words[0].matches("\\d{1,9}") && words[1].matches("[0-9a-f]{8}")) {
        blocks.put(Integer.valueOf(words[0]), HexFormat.fromHexDigits(words[1]));
      }
    }
    return blocks;
  }

  /** Returns the checksums of finished blocks by number, as found when opened. */
  Map<Integer, Integer> recorded() {
    return recorded;
  }

  synchronized void add(int block, int crc) throws IOException {
    append(channel, block + " " + HexFormat.of().toHexDigits(crc) + "\n");
  }

  private static void append(FileChannel channel, String line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
