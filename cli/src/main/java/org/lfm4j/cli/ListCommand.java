package org.lfm4j.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfm4j.hub.CachedModel;
import org.lfm4j.hub.Hub;
import org.lfm4j.hub.Sizes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code lfm list}: the models in the cache. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Lists the models that were downloaded, by lfm or by Python.")
final class ListCommand implements Callable<Integer> {
  private static final int SHORT_COMMIT = 7;

  private final ModelLoader loader;

  @Spec private CommandSpec spec = CommandSpec.create();

  ListCommand(ModelLoader loader) {
    this.loader = loader;
  }

  @Override
  public Integer call() {
    Hub hub = loader.hub();
    List<CachedModel> models = hub.cache().models();
    PrintWriter out = spec.commandLine().getOut();
    if (models.isEmpty()) {
      out.println("No models in %s: lfm pull downloads one.".formatted(hub.settings().cache()));
    } else {
      print(models, out);
      long bytes = models.stream().mapToLong(CachedModel::bytes).sum();
      out.println("%s in %s".formatted(Sizes.of(bytes), hub.settings().cache()));
    }
    out.flush();
    return 0;
  }

  private static void print(List<CachedModel> models, PrintWriter out) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("MODEL", "REVISION", "SIZE", "STATE"));
    for (CachedModel model : models) {
      for (CachedModel.CachedRevision revision : model.revisions()) {
        rows.add(
            List.of(
                model.repo().toString(),
                name(revision),
                Sizes.of(revision.bytes()),
                state(revision)));
      }
      if (model.incompleteBytes() > 0) {
        rows.add(
            List.of(
                model.repo().toString(),
                "",
                Sizes.of(model.incompleteBytes()),
                "broken off: lfm pull goes on, lfm rm --incomplete removes it"));
      }
    }
    int[] widths = new int[3];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    String format =
        "%%-%ds  %%-%ds  %%%ds  %%s".formatted(widths[0], widths[1], Math.max(1, widths[2]));
    rows.forEach(row -> out.println(format.formatted(row.toArray())));
  }

  private static String name(CachedModel.CachedRevision revision) {
    String commit =
        revision.commit().substring(0, Math.min(SHORT_COMMIT, revision.commit().length()));
    return revision.refs().isEmpty()
        ? commit
        : "%s (%s)".formatted(String.join(", ", revision.refs()), commit);
  }

  private static String state(CachedModel.CachedRevision revision) {
    if (!revision.quantizations().isEmpty()) {
      return String.join(", ", revision.quantizations());
    }
    return revision.complete() ? "complete" : "not all files";
  }
}
