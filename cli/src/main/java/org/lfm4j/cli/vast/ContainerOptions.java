package org.lfm4j.cli.vast;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Stack;
import org.jspecify.annotations.Nullable;
import org.lfm4j.vast.ContainerEnv;
import org.lfm4j.vast.CreateRequest;
import org.lfm4j.vast.VastException;
import picocli.CommandLine.IParameterPreprocessor;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** What runs on a rented machine, in the options of Vast's own command. */
final class ContainerOptions {
  @Option(names = "--template_hash", paramLabel = "HASH", description = "A template of Vast's.")
  private @Nullable String template;

  @Option(names = "--user", paramLabel = "USER", description = "User of the container.")
  private @Nullable String user;

  @Option(
      names = "--login",
      paramLabel = "TEXT",
      description = "Login of a private registry: -u USER -p PASSWORD REGISTRY.")
  private @Nullable String login;

  @Option(names = "--label", paramLabel = "TEXT", description = "A name of yours.")
  private @Nullable String label;

  @Option(names = "--onstart", paramLabel = "FILE", description = "Commands to run at each start.")
  private @Nullable Path onstartFile;

  @Option(names = "--onstart-cmd", paramLabel = "TEXT", description = "The same, as text.")
  private @Nullable String onstart;

  @Option(names = "--entrypoint", paramLabel = "TEXT", description = "Entry point, with --args.")
  private @Nullable String entrypoint;

  @Option(names = "--ssh", description = "Start an SSH server instead of the image's entry point.")
  private boolean ssh;

  @Option(names = "--jupyter", description = "Start Jupyter instead of the image's entry point.")
  private boolean jupyter;

  @Option(names = "--direct", description = "Connect to --ssh or --jupyter without Vast's proxy.")
  private boolean direct;

  @Option(names = "--jupyter-dir", paramLabel = "DIR", description = "Where Jupyter starts.")
  private @Nullable String jupyterDirectory;

  @Option(names = "--jupyter-lab", description = "JupyterLab instead of notebooks.")
  private boolean jupyterLab;

  @Option(names = "--lang-utf8", description = "Set the shell's locale.")
  private boolean langUtf8;

  @Option(names = "--python-utf8", description = "Set Python's locale.")
  private boolean pythonUtf8;

  @Option(names = "--extra", paramLabel = "TEXT", hidden = true)
  private @Nullable String extra;

  @Option(
      names = "--env",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Ports and variables: \"-p 8000:8000 -e NAME=VALUE\".")
  private String env = "";

  @Option(
      names = "--args",
      arity = "0..*",
      paramLabel = "WORD",
      preprocessor = Rest.class,
      description = "Arguments for the image's entry point; everything after it.")
  private @Nullable List<String> args;

  @Option(names = "--force", description = "Skip Vast's checks.")
  private boolean force;

  @Option(
      names = "--cancel-unavail",
      description = "Always on here: an offer that is gone is an error, not a stopped instance.")
  void cancelUnavailable(@SuppressWarnings("unused") boolean on) {
    // Said for the sake of scripts: it is always on.
  }

  /** Takes all words that are left, whatever they look like. */
  static final class Rest implements IParameterPreprocessor {
    @Override
    @SuppressWarnings("JdkObsolete") // picocli's interface
    public boolean preprocess(
        Stack<String> words, CommandSpec command, ArgSpec option, Map<String, Object> info) {
      List<String> rest = new ArrayList<>();
      while (!words.isEmpty()) {
        rest.add(words.pop());
      }
      option.setValue(rest);
      return true;
    }
  }

  /** Returns the request that these options describe. */
  CreateRequest request(Optional<String> image, double disk, OptionalDouble bid) {
    if (image.isEmpty() && template == null) {
      throw invalid("Say which image runs: --image IMAGE or --template_hash HASH.");
    }
    return new CreateRequest(
        image,
        ContainerEnv.parse(env),
        bid,
        disk,
        Optional.ofNullable(label),
        commands(),
        Optional.ofNullable(args),
        runType(),
        new CreateRequest.Options(
            Optional.ofNullable(login),
            Optional.ofNullable(template),
            Optional.ofNullable(user),
            Optional.ofNullable(extra),
            pythonUtf8,
            langUtf8,
            jupyterLab,
            Optional.ofNullable(jupyterDirectory),
            force));
  }

  private Optional<String> commands() {
    if (entrypoint != null) {
      return Optional.of(entrypoint);
    }
    if (onstartFile == null) {
      return Optional.ofNullable(onstart);
    }
    try {
      return Optional.of(Files.readString(onstartFile));
    } catch (IOException e) {
      throw invalid("Can't read --onstart %s: give a text file.".formatted(onstartFile));
    }
  }

  /** The service's spelling, direc included. */
  private Optional<String> runType() {
    if (args != null) {
      return Optional.of("args");
    }
    if (jupyter) {
      return Optional.of(direct ? "jupyter_direc ssh_direc ssh_proxy" : "jupyter_proxy ssh_proxy");
    }
    if (ssh) {
      return Optional.of(direct ? "ssh_direc ssh_proxy" : "ssh_proxy");
    }
    return template == null ? Optional.of("ssh") : Optional.empty();
  }

  private static VastException invalid(String message) {
    return new VastException(VastException.Kind.INVALID, message);
  }
}
