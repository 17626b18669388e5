package org.lfm4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The answers of a batch, in a file that is only ever appended to. A line is written at once and
 * counts only with its end, so that a run that was killed can be gone on with. Thread-safe.
 */
final class BatchOutput implements AutoCloseable {
  private static final JsonMapper MAPPER = JsonMapper.shared();

  private final Path file;
  private final RandomAccessFile out;

  /** The custom ids of the answers that were there at the start, by the answers' own. */
  private final Map<String, JsonNode> done = new HashMap<>();

  private BatchOutput(Path file, RandomAccessFile out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Opens a new or unfinished output; the half line of a killed run is cut off.
   *
   * @throws CliException if the file holds something else
   */
  static BatchOutput open(Path file) throws IOException {
    BatchOutput output = new BatchOutput(file, new RandomAccessFile(file.toFile(), "rw"));
    try {
      output.out.setLength(output.endOfLastLine());
      output.readDone();
      output.out.seek(output.out.length());
      return output;
    } catch (IOException | RuntimeException e) {
      output.close();
      throw e;
    }
  }

  private long endOfLastLine() throws IOException {
    byte[] buffer = new byte[1 << 16];
    for (long end = out.length(); end > 0; end -= buffer.length) {
      long start = Math.max(0, end - buffer.length);
      out.seek(start);
      out.readFully(buffer, 0, (int) (end - start));
      for (int i = (int) (end - start) - 1; i >= 0; i--) {
        if (buffer[i] == '\n') {
          return start + i + 1;
        }
      }
    }
    return 0;
  }

  private void readDone() throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        JsonNode answer = parse(line);
        if (!answer.path("id").isString() || !answer.has("custom_id")) {
          throw new CliException(
              "%s exists and is no output of lfm batch: name another one.".formatted(file));
        }
        done.put(answer.path("id").stringValue(), answer.get("custom_id"));
      }
    }
  }

  private static JsonNode parse(String line) {
    try {
      return MAPPER.readTree(line);
    } catch (JacksonException e) {
      return MAPPER.missingNode();
    }
  }

  Path file() {
    return file;
  }

  /** Returns how many answers were there at the start. */
  int size() {
    return done.size();
  }

  /**
   * Returns whether a request was answered before this run.
   *
   * @throws CliException if another request was answered in its place
   */
  boolean has(BatchLine line) {
    JsonNode id = done.get(line.answerId());
    if (id != null && !line.customId().equals(id.asStringOpt())) {
      throw new CliException(
          "%s answers another request in place of line %d: it belongs to another input, so name another output."
              .formatted(file, line.number()));
    }
    return id != null;
  }

  /** Appends an answer. */
  synchronized void append(JsonNode answer) throws IOException {
    out.write((answer + "\n").getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
