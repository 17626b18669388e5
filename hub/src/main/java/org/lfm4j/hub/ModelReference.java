package org.lfm4j.hub;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a user calls a model on the Hub: {@code org/name}, {@code org/name:Q4_K_M} or {@code
 * org/name@revision}, the last two also together.
 *
 * @param repo the repository
 * @param quantization which of its .gguf files is meant
 * @param revision a branch, a tag or a commit
 */
public record ModelReference(RepoId repo, Optional<String> quantization, String revision) {
  /** The branch that is meant when none is named. */
  public static final String MAIN = "main";

  private static final Pattern FORM =
      Pattern.compile("([^/:@\\s]+)/([^/:@\\s]+?)(?::([A-Za-z0-9_]+))?(?:@(\\S+))?");
  private static final Pattern REVISION =
      Pattern.compile("(?!.*(\\.\\.|//))[A-Za-z0-9_]([A-Za-z0-9._/+-]*[A-Za-z0-9_+-])?");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /**
   * Checks the revision.
   *
   * @throws HubException if it can't be one
   */
  public ModelReference {
    if (!REVISION.matcher(revision).matches()) {
      throw new HubException(
          "'%s' is no revision: write a branch, a tag or a commit after the @."
              .formatted(revision));
    }
  }

  /** Returns the model that a text names, if it has the form of a name on the Hub. */
  public static Optional<ModelReference> find(String text) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()
        || !RepoId.isPart(matcher.group(1))
        || !RepoId.isPart(matcher.group(2))) {
      return Optional.empty();
    }
    return Optional.of(
        new ModelReference(
            new RepoId(matcher.group(1), matcher.group(2)),
            Optional.ofNullable(matcher.group(3)),
            Optional.ofNullable(matcher.group(4)).orElse(MAIN)));
  }

  /**
   * Returns the model that a text names.
   *
   * @throws HubException if it has another form
   */
  public static ModelReference parse(String text) {
    return find(text)
        .orElseThrow(() ->
            new HubException(
                "'%s' is no name on the Hub: write ORG/NAME, ORG/NAME:Q4_K_M or ORG/NAME@REVISION, as in LiquidAI/LFM2-24B-A2B."
                    .formatted(text)));
  }

  /** Returns whether the revision is a commit, which never changes. */
  boolean pinned() {
    return isCommit(revision);
  }

  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  @Override
  public String toString() {
    return repo
        + quantization.map(name -> ":" + name).orElse("")
        + (revision.equals(MAIN) ? "" : "@" + revision);
  }
}
