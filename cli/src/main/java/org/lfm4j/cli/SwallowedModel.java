package org.lfm4j.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lfm4j.hub.ModelReference;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Finds a MODEL that stands behind a flag of several values, which takes it for one more: {@code
 * lfm serve --api-key KEY MODEL}. The demo model would be served instead, to somebody's surprise.
 */
final class SwallowedModel {
  private SwallowedModel() {}

  /**
   * Looks at a command line without a MODEL.
   *
   * @throws CliException if the last of several values behind one flag looks like a model
   */
  static void refuse(CommandSpec command, List<String> arguments) {
    int i = 0;
    while (i < arguments.size()) {
      String flag = arguments.get(i).replace('_', '-');
      OptionSpec option = command.findOption(flag);
      int end = i + 1;
      while (end < arguments.size() && !arguments.get(end).startsWith("-")) {
        end++;
      }
      int values = end - i - 1;
      if (option != null && option.arity().max() > 1 && values > 1) {
        String last = arguments.get(end - 1);
        if (isModel(last)) {
          throw new CliException(
              "%s was read as one more value of %s: write the model first, as in lfm serve %s %s ..."
                  .formatted(last, flag, last, flag));
        }
      }
      i = end;
    }
  }

  private static boolean isModel(String value) {
    return Files.isDirectory(Path.of(value))
        || (value.endsWith(".gguf") && Files.exists(Path.of(value)))
        || (value.indexOf('/') > 0 && ModelReference.find(value).isPresent());
  }
}
