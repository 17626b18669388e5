package org.lfm4j.cli.vast;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.lfm4j.vast.HttpTransport;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;

/**
 * What a command finds around it.
 *
 * @param environment variables
 * @param home the user's directory
 * @param input where answers to questions come from
 * @param timing the clocks
 * @param transport makes what reaches Vast and the servers on instances, when it is needed
 * @param guarded whether a process of its own watches over what is being rented
 */
record Surroundings(
    Map<String, String> environment,
    Path home,
    BufferedReader input,
    Timing timing,
    Supplier<Transport> transport,
    boolean guarded) {
  /** The real ones. */
  static Surroundings real() {
    return new Surroundings(
        System.getenv(),
        Path.of(System.getProperty("user.home")),
        new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())),
        Timing.SYSTEM,
        () -> new HttpTransport("lfm4j"),
        true);
  }

  String variable(String name) {
    return environment.getOrDefault(name, "");
  }
}
