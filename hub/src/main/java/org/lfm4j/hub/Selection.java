package org.lfm4j.hub;

import java.util.List;

/** Which files of a repository are wanted. */
@FunctionalInterface
public interface Selection {
  /** Everything there is. */
  Selection ALL = RepoTree::files;

  /**
   * Returns the wanted files.
   *
   * @throws HubException if there are none
   */
  List<RepoFile> choose(RepoTree tree);

  /** Returns the paths that are wanted by name. */
  default List<String> paths() {
    return List.of();
  }

  /**
   * What is needed to run a model. With a quantisation that is the .gguf file of that name.
   * Otherwise it is the whole repository without weights in other formats than safetensors; or, in
   * a repository of .gguf files, the only one or Q4_K_M.
   */
  static Selection of(ModelReference model) {
    return model.quantization().map(ModelSelection::quantization).orElse(ModelSelection::runnable);
  }

  /**
   * Files whose paths match one of several shell patterns; {@code *} also crosses slashes. A
   * pattern that matches nothing is an error when choosing.
   */
  static Selection matching(List<String> patterns) {
    return new PatternSelection(patterns);
  }
}
