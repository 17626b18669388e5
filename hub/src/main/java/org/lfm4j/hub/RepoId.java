package org.lfm4j.hub;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A model repository's name on the Hub, as in {@code LiquidAI/LFM2-24B-A2B}.
 *
 * @param owner user or organisation
 * @param name the repository under it
 */
public record RepoId(String owner, String name) {
  /** The Hub's own rules; "--" separates the parts in the cache's folder names. */
  private static final Pattern PART =
      Pattern.compile("(?!.*(--|\\.\\.))[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?");

  private static final String FOLDER_PREFIX = "models--";

  /**
   * Checks the name.
   *
   * @throws HubException if the Hub has no such names
   */
  public RepoId {
    if (!isPart(owner) || !isPart(name)) {
      throw new HubException(
          "'%s/%s' is no name on the Hub: write ORG/NAME with letters, digits, '-', '_' and '.', as in LiquidAI/LFM2-24B-A2B."
              .formatted(owner, name));
    }
  }

  static boolean isPart(String text) {
    return PART.matcher(text).matches() && !text.endsWith(".git");
  }

  /** Returns the repository that a folder of the cache is for. */
  static Optional<RepoId> ofFolder(String folder) {
    if (!folder.startsWith(FOLDER_PREFIX)) {
      return Optional.empty();
    }
    String[] parts = folder.substring(FOLDER_PREFIX.length()).split("--", -1);
    return parts.length == 2 && isPart(parts[0]) && isPart(parts[1])
        ? Optional.of(new RepoId(parts[0], parts[1]))
        : Optional.empty();
  }

  /** Returns the repository's folder in the cache. */
  String folder() {
    return FOLDER_PREFIX + owner + "--" + name;
  }

  @Override
  public String toString() {
    return owner + "/" + name;
  }
}
