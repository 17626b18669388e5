package org.lfm4j.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.OptionSpec;

/**
 * A flag of vLLM that does nothing here: it is accepted, so that command lines need not change, or
 * refused where the server would be another one than was asked for.
 *
 * @param names all its names
 * @param label what its value is called; empty for a switch
 * @param effect what happens to it
 * @param harmless values, as a pattern, that ask for what happens anyway; empty for none
 * @param reason why, as the rest of a sentence
 */
record VllmFlag(List<String> names, String label, Effect effect, String harmless, String reason) {

  private static final String NO = "--no-";

  /** What happens when a flag is given. */
  enum Effect {
    /** Nothing: it asks for what is done anyway. */
    ACCEPTED,
    /** A warning. */
    IGNORED,
    /** The command ends. */
    REFUSED
  }

  /** Reads a line of the table: names, label, effect, harmless values and reason, with bars. */
  static VllmFlag parse(String line) {
    String[] cells = line.split("\\|", -1);
    return new VllmFlag(
        List.of(cells[0].strip().split(" ")),
        cells[1].strip(),
        Effect.valueOf(cells[2].strip()),
        cells[3].strip().replace('/', '|'),
        cells[4].strip());
  }

  /**
   * Returns the {@code --no-} form of a switch, as vLLM has it for each: it asks for what happens
   * anyway where the switch does not, and the other way round.
   */
  Optional<VllmFlag> negation() {
    List<String> negated =
        names.stream()
            .filter(name -> name.startsWith("--") && !name.startsWith(NO))
            .map(name -> NO + name.substring(2))
            .toList();
    return label.isEmpty() && !negated.isEmpty()
        ? Optional.of(
            new VllmFlag(
                negated,
                "",
                effect == Effect.ACCEPTED ? Effect.IGNORED : Effect.ACCEPTED,
                "",
                reason))
        : Optional.empty();
  }

  /** Returns an option that help doesn't show. */
  OptionSpec option() {
    OptionSpec.Builder option =
        OptionSpec.builder(names.toArray(new String[0])).hidden(true).description(reason);
    return label.isEmpty()
        ? option.type(boolean.class).arity("0").build()
        : option
            .type(List.class)
            .auxiliaryTypes(String.class)
            .paramLabel(label.replace("...", ""))
            .arity(label.endsWith("...") ? "1..*" : "1")
            .build();
  }

  /** Returns whether all of these values ask for what happens anyway. */
  boolean isHarmless(List<String> values) {
    return !harmless.isEmpty() && values.stream().allMatch(value -> value.matches(harmless));
  }
}
