package org.lfm4j.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The requests of a batch that are still to be answered, read one at a time. */
final class BatchInput {

  /** Takes a request. */
  @FunctionalInterface
  interface Consumer {
    void accept(BatchLine line) throws InterruptedException, IOException;
  }

  private final Path file;
  private final BatchOutput output;
  private int requests;
  private int done;

  private BatchInput(Path file, BatchOutput output) {
    this.file = file;
    this.output = output;
  }

  /**
   * Reads the file once to count its requests.
   *
   * @throws CliException if it isn't text, or the output is one of another input
   */
  static BatchInput check(Path file, BatchOutput output) throws IOException {
    BatchInput input = new BatchInput(file, output);
    try {
      input.each(line -> {
        input.requests++;
        if (output.has(line)) {
          input.done++;
        }
      });
    } catch (InterruptedException e) {
      throw new IllegalStateException("counting does not wait", e);
    }
    if (input.done < output.size()) {
      throw new CliException(
          "%s has answers to %d requests that are not in %s: it belongs to another input, so name another output."
              .formatted(output.file(), output.size() - input.done, file));
    }
    return input;
  }

  int done() {
    return done;
  }

  int remaining() {
    return requests - done;
  }

  /** Hands on each request without an answer. */
  void eachRemaining(Consumer consumer) throws IOException, InterruptedException {
    each(line -> {
      if (!output.has(line)) {
        consumer.accept(line);
      }
    });
  }

  private void each(Consumer consumer) throws IOException, InterruptedException {
    Map<String, Long> lineOfId = new HashMap<>();
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      long number = 0;
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        number++;
        if (!text.isBlank()) {
          consumer.accept(BatchLine.parse(number, text, lineOfId));
        }
      }
    } catch (MalformedInputException e) {
      throw new CliException(file + " is not UTF-8 text: convert it first.");
    }
  }
}
