package org.lfm4j.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfm4j.tensor.Tensor;
import tools.jackson.databind.JsonNode;

/** The safetensors files of a model directory as one name space, by the names stored in them. */
final class SafetensorsDirectory {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final Map<String, SafetensorsFile> files;

  private SafetensorsDirectory(Map<String, SafetensorsFile> files) {
    this.files = files;
  }

  /**
   * Checks what a user may have typed before any file is opened.
   *
   * @throws CheckpointException if it can't be a model directory
   */
  static void requireModelDirectory(Path directory) {
    if (Files.isRegularFile(directory)) {
      throw new CheckpointException(
          "%s: expected a model directory or a .gguf file, found another file; give the directory that holds config.json"
              .formatted(directory));
    }
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(
          "%s: no such directory; give a directory with config.json and model.safetensors"
              .formatted(directory));
    }
    if (!Files.exists(directory.resolve("config.json"))) {
      throw new CheckpointException(
          "%s: expected config.json, found %s; this is no model directory"
              .formatted(directory, contents(directory)));
    }
  }

  /**
   * Maps all files.
   *
   * @throws CheckpointException if one is missing or damaged
   */
  static SafetensorsDirectory open(Path directory, Arena arena) {
    if (Files.exists(directory.resolve(SINGLE))) {
      SafetensorsFile file = SafetensorsFile.open(directory.resolve(SINGLE), arena);
      Map<String, SafetensorsFile> files = new HashMap<>();
      file.names().forEach(name -> files.put(name, file));
      return new SafetensorsDirectory(files);
    }
    if (Files.exists(directory.resolve(INDEX))) {
      return new SafetensorsDirectory(shards(directory, arena));
    }
    throw new CheckpointException(
        "%s: expected %s or %s, found %s; download the weights, or convert them to safetensors"
            .formatted(directory, SINGLE, INDEX, contents(directory)));
  }

  private static Map<String, SafetensorsFile> shards(Path directory, Arena arena) {
    JsonObject index = JsonObject.read(directory.resolve(INDEX));
    JsonNode weightMap =
        index
            .find("weight_map")
            .filter(JsonNode::isObject)
            .orElseThrow(() -> index.bad("weight_map", "an object", "none"));
    Map<String, SafetensorsFile> opened = new HashMap<>();
    Map<String, SafetensorsFile> files = new HashMap<>();
    for (Map.Entry<String, JsonNode> entry : weightMap.properties()) {
      String shard = shardName(index, entry.getKey(), entry.getValue());
      SafetensorsFile file =
          opened.computeIfAbsent(
              shard, name -> SafetensorsFile.open(directory.resolve(name), arena));
      if (!file.names().contains(entry.getKey())) {
        throw new CheckpointException(
            "%s: tensor %s: expected in this file by %s, found none; download both again"
                .formatted(file.path(), entry.getKey(), INDEX));
      }
      files.put(entry.getKey(), file);
    }
    return files;
  }

  /** An index comes from the network: it must not lead out of the model directory. */
  private static String shardName(JsonObject index, String tensor, JsonNode value) {
    String name = value.isString() ? value.stringValue() : "";
    if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]*")) {
      throw index.bad(tensor, "the name of a file in the same directory", value.toString());
    }
    return name;
  }

  boolean has(String name) {
    return files.containsKey(name);
  }

  Optional<Tensor> tensor(String name) {
    return Optional.ofNullable(files.get(name)).flatMap(file -> file.tensor(name));
  }

  /** Returns the file that holds a tensor. */
  Path file(String name) {
    SafetensorsFile file = files.get(name);
    if (file == null) {
      throw new IllegalArgumentException("no file holds tensor " + name);
    }
    return file.path();
  }

  private static String contents(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      var names = entries.map(entry -> entry.getFileName().toString()).sorted().limit(8).toList();
      return names.isEmpty() ? "an empty directory" : "only " + names;
    } catch (IOException e) {
      throw new CheckpointException("%s: can't be listed: %s".formatted(directory, e), e);
    }
  }
}
