package org.lfm4j.hub;

import java.util.List;
import java.util.function.Predicate;

/** Files by shell patterns. */
record PatternSelection(List<String> patterns) implements Selection {
  PatternSelection {
    patterns = List.copyOf(patterns);
  }

  @Override
  public List<RepoFile> choose(RepoTree tree) {
    for (String pattern : patterns) {
      if (tree.files().stream().map(RepoFile::path).noneMatch(GlobPattern.of(pattern))) {
        throw new HubException(
            "%s has no file that matches '%s': it has %s."
                .formatted(tree.repo(), pattern, ModelSelection.names(tree)));
      }
    }
    Predicate<String> any =
        patterns.stream().map(GlobPattern::of).reduce(path -> false, Predicate::or);
    return tree.files().stream().filter(file -> any.test(file.path())).toList();
  }

  @Override
  public List<String> paths() {
    return patterns.stream().filter(GlobPattern::isLiteral).toList();
  }
}
