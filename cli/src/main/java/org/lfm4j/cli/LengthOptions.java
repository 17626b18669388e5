package org.lfm4j.cli;

import java.util.Map;
import org.lfm4j.LanguageModel;
import picocli.CommandLine.Option;

/** How long random requests are. */
final class LengthOptions {
  @Option(
      names = "--input-len",
      paramLabel = "LENGTH",
      defaultValue = "128",
      converter = LengthDistribution.Converter.class,
      description =
          "Tokens of a prompt: 128, uniform:64:256, or normal:128:32 (mean, deviation). Default: 128.")
  private LengthDistribution inputs = LengthDistribution.parse("128");

  @Option(
      names = "--output-len",
      paramLabel = "LENGTH",
      defaultValue = "128",
      converter = LengthDistribution.Converter.class,
      description = "Tokens to generate, written the same way. Default: 128.")
  private LengthDistribution outputs = LengthDistribution.parse("128");

  @Option(
      names = "--ignore-eos",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description =
          "Goes on after the end of the turn, so that lengths are as asked for. Default: on; --no-ignore-eos turns it off.")
  private boolean ignoreEos = true;

  RandomRequests requests(LanguageModel model) {
    return new RandomRequests(model, inputs, outputs, ignoreEos);
  }

  void addTo(Map<String, Object> settings) {
    settings.put("input_len", inputs.toString());
    settings.put("output_len", outputs.toString());
    settings.put("ignore_eos", ignoreEos);
  }

  @Override
  public String toString() {
    return "%s in, %s out".formatted(inputs, outputs);
  }
}
