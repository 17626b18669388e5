package org.lfm4j.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.Stack;
import java.util.TreeSet;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * Where a command's flags come from besides its command line: from environment variables, {@code
 * LFM_PORT} for {@code --port}, and from the YAML file of {@code --config}. Flags win over
 * variables, variables over the file. What is found is appended to the command line, so that it is
 * read, converted and checked like everything else, whichever mixin a flag belongs to.
 */
final class FlagSources implements IParameterPreprocessor {
  private static final String PREFIX = "LFM_";
  private static final String CONFIG = "config";
  private static final Set<String> QUESTIONS = Set.of("-h", "--help", "-V", "--version");

  private final Map<String, String> environment;
  private final Map<OptionSpec, String> origins = new LinkedHashMap<>();

  FlagSources(Map<String, String> environment) {
    this.environment = environment;
  }

  /** Returns the variable or file that an option's value came from, for messages. */
  Optional<String> origin(ArgSpec option) {
    return Optional.ofNullable(origins.get(option));
  }

  // The type is picocli's.
  @SuppressWarnings("JdkObsolete")
  @Override
  public boolean preprocess(
      Stack<String> stack, CommandSpec command, ArgSpec argument, Map<String, Object> info) {
    List<String> given = new ArrayList<>(stack);
    Collections.reverse(given);
    if (given.stream().noneMatch(QUESTIONS::contains)) {
      origins.clear();
      List<String> all = withDashes(given);
      int end = all.contains("--") ? all.indexOf("--") : all.size();
      try {
        all.addAll(end, fromElsewhere(command, List.copyOf(all.subList(0, end))));
      } catch (CliException e) {
        throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
      }
      stack.clear();
      all.reversed().forEach(stack::push);
    }
    return false;
  }

  /** {@code --max_model_len} is {@code --max-model-len}, as for vLLM. */
  private static List<String> withDashes(List<String> arguments) {
    List<String> result = new ArrayList<>();
    for (String argument : arguments) {
      int end = argument.indexOf('=') < 0 ? argument.length() : argument.indexOf('=');
      result.add(
          argument.startsWith("--")
              ? argument.substring(0, end).replace('_', '-') + argument.substring(end)
              : argument);
    }
    return result;
  }

  private List<String> fromElsewhere(CommandSpec command, List<String> given) {
    // The usual start has nothing else, and should not wait for this.
    if (configPath(given).isEmpty() && !anyVariable()) {
      return List.of();
    }
    Set<OptionSpec> present = present(command, given);
    Map<String, List<String>> file = configPath(given).map(ConfigFile::read).orElseGet(Map::of);
    requireKnown(command, file.keySet(), configPath(given));
    List<String> found = new ArrayList<>();
    for (OptionSpec option : command.options()) {
      if (!present.contains(option)) {
        for (String name : longNames(option)) {
          Optional<String> variable = variable(name);
          if (variable.isPresent()) {
            origins.put(option, "the environment variable " + variableName(name));
            found.addAll(arguments(command, option, split(option, variable.get())));
            break;
          }
        }
      }
      if (!present.contains(option) && !origins.containsKey(option)) {
        for (String name : longNames(option)) {
          if (file.containsKey(name)) {
            origins.put(option, configPath(given).orElseThrow().toString());
            found.addAll(arguments(command, option, file.get(name)));
            break;
          }
        }
      }
    }
    return found;
  }

  private boolean anyVariable() {
    for (String name : environment.keySet()) {
      if (name.startsWith(PREFIX)) {
        return true;
      }
    }
    return false;
  }

  private Optional<Path> configPath(List<String> given) {
    Optional<String> path = variable(CONFIG);
    for (int i = 0; i < given.size(); i++) {
      if (given.get(i).startsWith("--config=")) {
        path = Optional.of(given.get(i).substring("--config=".length()));
      } else if (given.get(i).equals("--config") && i + 1 < given.size()) {
        path = Optional.of(given.get(i + 1));
      }
    }
    return path.map(Path::of);
  }

  private static Set<OptionSpec> present(CommandSpec command, List<String> given) {
    Set<OptionSpec> present = new HashSet<>();
    for (String argument : given) {
      String name = argument.split("=", 2)[0];
      Optional.ofNullable(command.optionsMap().get(name)).ifPresent(present::add);
      Optional.ofNullable(command.negatedOptionsMap().get(name)).ifPresent(present::add);
    }
    return present;
  }

  private static List<String> longNames(OptionSpec option) {
    List<String> names = new ArrayList<>();
    for (String name : option.names()) {
      if (name.startsWith("--")) {
        names.add(name.substring(2));
      }
    }
    return names;
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(environment.get(variableName(name)))
        .filter(value -> !value.isBlank());
  }

  /** Returns the variable of a flag, {@code LFM_MAX_MODEL_LEN} for {@code max-model-len}. */
  static String variableName(String flag) {
    return PREFIX + flag.replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /** Several values of a variable stand in one text; JSON is one value. */
  private static List<String> split(OptionSpec option, String value) {
    boolean json = value.startsWith("[") || value.startsWith("{");
    return option.isMultiValue() && !json ? List.of(value.strip().split("\\s+")) : List.of(value);
  }

  private List<String> arguments(CommandSpec command, OptionSpec option, List<String> values) {
    String name = option.longestName();
    if (option.arity().max() > 0 && !isSwitch(option)) {
      return values.stream().map(value -> name + "=" + value).toList();
    }
    List<String> arguments = new ArrayList<>();
    for (String value : values) {
      if (isTrue(option, value)) {
        arguments.add(name);
      } else {
        command
            .negatedOptionsMap()
            .forEach((negated, of) -> {
              if (of.equals(option)) {
                arguments.add(negated);
              }
            });
      }
    }
    return arguments;
  }

  private static boolean isSwitch(OptionSpec option) {
    return option.type() == boolean.class || option.type() == Boolean.class;
  }

  private boolean isTrue(OptionSpec option, String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true", "1", "yes", "on" -> true;
      case "false", "0", "no", "off" -> false;
      default ->
          throw new CliException(
              "%s must be true or false, got %s, which comes from %s."
                  .formatted(option.longestName(), value, origins.get(option)));
    };
  }

  private static void requireKnown(CommandSpec command, Set<String> keys, Optional<Path> file) {
    Set<String> known = new TreeSet<>();
    command.options().forEach(option -> known.addAll(longNames(option)));
    for (String key : keys) {
      if (!known.contains(key)) {
        throw new CliException(
            "--config %s: %s is no flag of %s.%s"
                .formatted(
                    file.orElseThrow(),
                    key,
                    command.qualifiedName(),
                    Similar.to(key, known).map(" Did you mean %s?"::formatted).orElse("")));
      }
    }
  }
}
