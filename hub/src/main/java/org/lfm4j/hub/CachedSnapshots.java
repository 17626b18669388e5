package org.lfm4j.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Looks models up in the cache alone. */
final class CachedSnapshots {
  private static final String INDEX = "model.safetensors.index.json";

  /** Stands for hashes that nobody asks for here. */
  private static final String UNKNOWN = "0".repeat(40);

  private final HubSettings settings;

  CachedSnapshots(HubSettings settings) {
    this.settings = settings;
  }

  /** Returns a model's snapshot if everything wanted of it is there. */
  Optional<Snapshot> find(ModelReference model, Selection selection) {
    RepoCache cache = new RepoCache(settings, model.repo());
    Optional<String> commit = cache.commit(model.revision());
    if (commit.isEmpty() || !Files.isDirectory(cache.snapshot(commit.get()))) {
      return Optional.empty();
    }
    Optional<RepoTree> tree = cache.tree(commit.get());
    try {
      List<RepoFile> wanted =
          selection.choose(tree.isPresent() ? tree.get() : present(model, cache, commit.get()));
      boolean complete =
          tree.isPresent()
              ? wanted.stream().allMatch(file -> cache.holds(commit.get(), file))
              : shardsArePresent(cache.snapshot(commit.get()));
      return complete
          ? Optional.of(
              new Snapshot(model.repo(), commit.get(), cache.snapshot(commit.get()), wanted))
          : Optional.empty();
    } catch (HubException e) {
      if (tree.isPresent()) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /** Older Python clients keep no lists: then what is there must speak for itself. */
  private static RepoTree present(ModelReference model, RepoCache cache, String commit) {
    Path snapshot = cache.snapshot(commit);
    try (Stream<Path> files = Files.walk(snapshot)) {
      return new RepoTree(
          model.repo(),
          commit,
          files
              .filter(Files::isRegularFile)
              .sorted()
              .map(file ->
                  new RepoFile(
                      snapshot.relativize(file).toString().replace('\\', '/'),
                      file.toFile().length(),
                      UNKNOWN,
                      Optional.empty(),
                      Optional.empty()))
              .toList());
    } catch (IOException e) {
      throw DiskErrors.explain(e);
    }
  }

  private static boolean shardsArePresent(Path snapshot) {
    Path index = snapshot.resolve(INDEX);
    if (Files.notExists(index)) {
      return true;
    }
    try {
      JsonNode map = JsonMapper.shared().readTree(Files.readAllBytes(index)).path("weight_map");
      Set<String> shards = new TreeSet<>();
      map.forEach(shard -> shards.add(shard.asString("")));
      return shards.stream().allMatch(shard -> Files.exists(snapshot.resolve(shard)));
    } catch (IOException | JacksonException e) {
      return false;
    }
  }

  /** Returns the error of a model that isn't there while nobody may be asked. */
  HubException missing(ModelReference model, Selection selection) {
    RepoCache cache = new RepoCache(settings, model.repo());
    Optional<String> commit = cache.commit(model.revision());
    for (String path : selection.paths()) {
      if (commit.filter(known -> cache.knownAbsent(known, path)).isPresent()) {
        return new HubException("%s has no file %s.".formatted(model, path));
      }
    }
    String lack =
        commit
            .flatMap(cache::tree)
            .map(tree ->
                selection.choose(tree).stream()
                    .filter(file -> !cache.holds(tree.commit(), file))
                    .map(RepoFile::path)
                    .toList())
            .map(paths ->
                "lacks %d of its files (%s)"
                    .formatted(
                        paths.size(),
                        String.join(", ", paths.subList(0, Math.min(3, paths.size())))))
            .orElse("is not complete");
    return new HubException(
        "HF_HUB_OFFLINE is set and %s %s in %s: unset it, or copy the model there."
            .formatted(model, lack, settings.cache()));
  }
}
