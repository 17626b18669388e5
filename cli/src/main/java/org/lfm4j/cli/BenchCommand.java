package org.lfm4j.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code lfm bench}: measurements of the engine within this process, without HTTP. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    version = Lfm.VERSION,
    description = "Measures how fast a model runs on this machine.",
    synopsisSubcommandLabel = "COMMAND")
final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Returns the command with its benchmarks. */
  static CommandLine commandLine(ModelLoader loader) {
    return new CommandLine(new BenchCommand())
        .addSubcommand(new ThroughputCommand(loader))
        .addSubcommand(new DecodeCommand(loader))
        .addSubcommand(new PrefillCommand(loader))
        .addSubcommand(new RooflineCommand(loader))
        .addSubcommand(new LatencyCommand(loader))
        .addSubcommand(new TurnsCommand(loader))
        .addSubcommand(new CpuCommand(loader));
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "Say what to measure: throughput, decode, prefill, roofline, latency, turns or cpu.");
  }
}
