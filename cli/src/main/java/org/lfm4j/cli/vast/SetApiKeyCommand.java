package org.lfm4j.cli.vast;

import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lfm vast set api-key}. */
@Command(
    name = "api-key",
    mixinStandardHelpOptions = true,
    description =
        "Stores the account's key where Vast's own command keeps it, readable by you only.")
final class SetApiKeyCommand extends Action {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "KEY",
      description = "The key. Without it, it is read from standard input.")
  private @Nullable String key;

  SetApiKeyCommand(Session session) {
    super(session);
  }

  @Override
  int run() {
    String value = key == null ? session().ask() : key.strip();
    if (value.isEmpty() || !value.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new VastException(
          VastException.Kind.INVALID,
          "That is no key: copy one from https://cloud.vast.ai/manage-keys/.");
    }
    out().println("The key is stored in " + session().keys().save(value) + ".");
    if (!session().surroundings().variable("VAST_API_KEY").isEmpty()) {
      err().println("lfm vast: VAST_API_KEY is set too, and comes first.");
    }
    return 0;
  }
}
