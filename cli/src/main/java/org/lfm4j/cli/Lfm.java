package org.lfm4j.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code lfm} command. */
@Command(
    name = "lfm",
    mixinStandardHelpOptions = true,
    version = "lfm4j 0.1.0",
    description = "Liquid AI's LFM2 models, served from the JVM.")
public final class Lfm {
  private Lfm() {}

  /** Runs the command line and exits with its status. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Lfm()).execute(args));
  }
}
