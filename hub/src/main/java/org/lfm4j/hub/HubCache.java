package org.lfm4j.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the cache holds: listed, checked, removed. Asks nobody. */
public final class HubCache {
  private final HubSettings settings;

  HubCache(HubSettings settings) {
    this.settings = settings;
  }

  /** Returns all model repositories by name. */
  public List<CachedModel> models() {
    if (Files.notExists(settings.cache())) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(settings.cache())) {
      return folders
          .filter(Files::isDirectory)
          .flatMap(folder -> RepoId.ofFolder(folder.getFileName().toString()).stream())
          .sorted(Comparator.comparing(RepoId::toString, String.CASE_INSENSITIVE_ORDER))
          .map(repo -> new Inventory(settings, repo).model())
          .filter(model -> model.bytes() > 0)
          .toList();
    } catch (IOException e) {
      throw DiskErrors.explain(e);
    }
  }

  /**
   * Removes a model: its repository; of that only one quantisation, if the reference names one;
   * only one state, if it names a revision other than main.
   *
   * @return how many bytes that freed
   * @throws HubException if there is nothing to remove, or if it is being downloaded
   */
  public long remove(ModelReference model) {
    return removed(model.repo(), removal -> removal.remove(model));
  }

  /**
   * Removes what broken downloads left, of one repository or of all; those that run now are spared.
   *
   * @return how many bytes that freed
   */
  public long removeIncomplete(Optional<RepoId> repo) {
    List<RepoId> repos =
        repo.isPresent() ? List.of(repo.get()) : models().stream().map(CachedModel::repo).toList();
    return repos.stream().mapToLong(one -> removed(one, Removal::removeIncomplete)).sum();
  }

  private interface Step {
    void run(Removal removal) throws IOException;
  }

  private long removed(RepoId repo, Step step) {
    Inventory inventory = new Inventory(settings, repo);
    try {
      long before = inventory.bytes();
      step.run(new Removal(settings, repo));
      return before - inventory.bytes();
    } catch (IOException e) {
      throw DiskErrors.explain(e);
    }
  }

  /**
   * Hashes a model's files and compares them with what the Hub listed.
   *
   * @throws HubException if the model isn't in the cache
   * @throws InterruptedException if this thread is interrupted
   */
  public Verification verify(ModelReference model, PullListener listener)
      throws InterruptedException {
    return new Verifier(settings, model, listener).verify();
  }

  /** Throws the wrong files of a check away, so that the next pull fetches them. */
  public void discard(Verification verification) {
    try {
      new Removal(settings, verification.repo()).discard(verification);
    } catch (IOException e) {
      throw DiskErrors.explain(e);
    }
  }
}
