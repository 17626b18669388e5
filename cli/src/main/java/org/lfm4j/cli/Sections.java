package org.lfm4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** A command's options by the {@link Section} of the mixin they come from. */
final class Sections {
  private static final String OTHERS = "Other options";

  private Sections() {}

  /**
   * Returns the options that help shows by their heading, in the order in which the mixins are
   * declared; the command's own come first, those without a heading last.
   */
  static Map<String, List<OptionSpec>> of(CommandSpec command) {
    Map<OptionSpec, String> headings = new LinkedHashMap<>();
    Map<String, List<OptionSpec>> sections = new LinkedHashMap<>();
    heading(command).ifPresent(own -> sections.put(own, new ArrayList<>()));
    for (CommandSpec mixin : command.mixins().values()) {
      heading(mixin)
          .ifPresent(heading -> {
            sections.put(heading, new ArrayList<>());
            mixin.options().forEach(option -> headings.put(option, heading));
          });
      // The standard help options come as a mixin without a class of ours.
      if (heading(mixin).isEmpty()) {
        mixin.options().forEach(option -> headings.put(option, OTHERS));
      }
    }
    sections.put(OTHERS, new ArrayList<>());
    for (OptionSpec option : command.options()) {
      if (!option.hidden()) {
        String heading = headings.getOrDefault(option, heading(command).orElse(OTHERS));
        sections.getOrDefault(heading, List.of()).add(option);
      }
    }
    sections.values().removeIf(List::isEmpty);
    return sections;
  }

  private static Optional<String> heading(CommandSpec spec) {
    Object user = spec.userObject();
    return user == null
        ? Optional.empty()
        : Optional.ofNullable(user.getClass().getAnnotation(Section.class)).map(Section::value);
  }

  /** Renders the list of options for help. */
  static String render(Help help) {
    StringBuilder text = new StringBuilder();
    CommandSpec command = help.commandSpec();
    List<OptionSpec> all = Sections.of(command).values().stream().flatMap(List::stream).toList();
    Sections.of(command)
        .forEach((heading, options) -> {
          // All options set the width of the columns, so that the sections line up.
          Help.Layout layout = help.createDefaultLayout(all, List.of(), help.colorScheme());
          layout.addOptions(options, help.parameterLabelRenderer());
          text.append("%n%s%n".formatted(help.colorScheme().text("@|bold " + heading + "|@")));
          text.append(layout);
        });
    return text.toString();
  }
}
