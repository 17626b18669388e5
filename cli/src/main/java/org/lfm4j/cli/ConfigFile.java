package org.lfm4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** A YAML file of flags in vLLM's shape: their names without dashes in front, and their values. */
final class ConfigFile {
  private ConfigFile() {}

  /**
   * Reads a file. Lists are several values; an object is one, its JSON; null is none.
   *
   * @return values by the names of flags, words joined by dashes
   * @throws CliException if the file can't be read or is not a flat object
   */
  static Map<String, List<String>> read(Path file) {
    Map<String, List<String>> values = new LinkedHashMap<>();
    tree(file)
        .forEachEntry((name, node) -> values.put(name.replace('_', '-'), values(file, name, node)));
    return values;
  }

  private static ObjectNode tree(Path file) {
    if (!Files.isReadable(file)) {
      throw new CliException("--config %s: there is no such file to read.".formatted(file));
    }
    JsonNode tree;
    try {
      tree = new YAMLMapper().readTree(file);
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw new CliException(
          "--config %s is no valid YAML%s: %s"
              .formatted(
                  file,
                  at == null ? "" : " at line " + at.getLineNr(),
                  String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("")));
    }
    if (tree instanceof ObjectNode object) {
      return object;
    }
    throw new CliException(
        "--config %s must hold lines like port: 8000, one for each flag.".formatted(file));
  }

  private static List<String> values(Path file, String name, JsonNode node) {
    List<String> values = new ArrayList<>();
    if (node.isArray()) {
      for (JsonNode element : node) {
        if (element.isContainer()) {
          throw new CliException(
              "--config %s: %s must be a list of plain values.".formatted(file, name));
        }
        values.add(element.asString());
      }
    } else if (node.isObject()) {
      values.add(node.toString());
    } else if (!node.isNull()) {
      values.add(node.asString());
    }
    return values;
  }
}
