package org.lfm4j.cli.vast;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Map;
import org.lfm4j.vast.Timing;

/**
 * What a command finds around it.
 *
 * @param environment variables
 * @param home the user's directory
 * @param input where answers to questions come from
 * @param timing the clocks
 */
record Surroundings(
    Map<String, String> environment, Path home, BufferedReader input, Timing timing) {
  /** The real ones. */
  static Surroundings real() {
    return new Surroundings(
        System.getenv(),
        Path.of(System.getProperty("user.home")),
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())),
        Timing.SYSTEM);
  }

  String variable(String name) {
    return environment.getOrDefault(name, "");
  }
}
