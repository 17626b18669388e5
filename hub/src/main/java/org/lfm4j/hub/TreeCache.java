package org.lfm4j.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Lists of files by commit, as {@code trees/<commit>.json} of Python's {@code huggingface_hub}. A
 * commit never changes, so that a list stays right.
 */
final class TreeCache {
  private static final int FORMAT = 1;
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private TreeCache() {}

  private static Path path(Path repoFolder, String commit) {
    return repoFolder.resolve("trees").resolve(commit + ".json");
  }

  /** Returns the list if it is there, whole and of a known format. */
  static Optional<RepoTree> read(Path repoFolder, RepoId repo, String commit) {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(path(repoFolder, commit)));
      if (json.path("format_version").asInt(-1) != FORMAT || !json.path("files").isObject()) {
        return Optional.empty();
      }
      List<RepoFile> files = new ArrayList<>();
      for (Map.Entry<String, JsonNode> entry : json.path("files").properties()) {
        files.add(file(entry.getKey(), entry.getValue()));
      }
      files.sort(Comparator.comparing(RepoFile::path));
      return Optional.of(new RepoTree(repo, commit, files));
    } catch (IOException | JacksonException | HubException e) {
      return Optional.empty();
    }
  }

  private static RepoFile file(String path, JsonNode info) {
    Optional<String> sha256 = info.path("lfs_sha256").stringValueOpt();
    return new RepoFile(
        path,
        info.path(sha256.isPresent() ? "lfs_size" : "size").asLong(-1),
        info.path("blob_id").asString(""),
        sha256,
        info.path("xet_hash").stringValueOpt());
  }

  /** Writes a list for us and for Python. */
  static void write(Path repoFolder, RepoTree tree) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    json.put("format_version", FORMAT);
    ObjectNode files = json.putObject("files");
    for (RepoFile file : tree.files()) {
      ObjectNode info = files.putObject(file.path());
      info.put("size", file.size());
      info.put("blob_id", file.blobId());
      file.sha256()
          .ifPresent(sha256 -> {
            info.put("lfs_sha256", sha256);
            info.put("lfs_size", file.size());
          });
      file.xetHash().ifPresent(hash -> info.put("xet_hash", hash));
    }
    AtomicFiles.write(path(repoFolder, tree.commit()), JSON.writeValueAsString(json));
  }
}
