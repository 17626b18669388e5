package org.lfm4j.vast.rental;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.lfm4j.vast.CreateRequest;

/** What runs on an instance: a script at its start, told by variables what to do. */
final class Startup {
  private static final String SCRIPT = "onstart.sh";
  private static final double SECONDS_A_MINUTE = 60;
  private static final Duration SPARE = Duration.ofMinutes(40);

  private Startup() {}

  /** Returns the request that makes an instance. */
  static CreateRequest request(Wish wish, Candidate candidate, String label, String serverKey) {
    return new CreateRequest(
        Optional.of(wish.software().image()),
        environment(wish, candidate, serverKey),
        candidate.bid(),
        wish.disk(),
        Optional.of(label),
        Optional.of(script()),
        Optional.empty(),
        Optional.of("ssh_direc ssh_proxy"),
        CreateRequest.Options.NONE);
  }

  private static Map<String, String> environment(Wish wish, Candidate candidate, String serverKey) {
    Wish.Software software = wish.software();
    Map<String, String> env = new LinkedHashMap<>(software.environment());
    env.put("-p %d:%d".formatted(StartWatch.PORT, StartWatch.PORT), "1");
    env.put("RENTAL_MODEL", wish.model().equals(ModelSize.DEMO) ? "" : wish.model());
    env.put("RENTAL_SERVE_ARGS", software.serveArguments());
    env.put("LFM_API_KEY", serverKey);
    env.put("RENTAL_DIST_URL", software.archive());
    env.put("RENTAL_DIST_SHA256", software.sha256());
    env.put("RENTAL_VAST_URL", software.vastUrl());
    env.put("RENTAL_MAX_SECONDS", Long.toString(candidate.allowed(wish).toSeconds()));
    env.put(
        "RENTAL_IDLE_SECONDS", Long.toString(Math.round(wish.idleMinutes() * SECONDS_A_MINUTE)));
    env.put(
        "RENTAL_START_SECONDS",
        Long.toString(
            SPARE.plus(candidate.download().multipliedBy(StartWatch.SLOWER_DOWNLOAD)).toSeconds()));
    return env;
  }

  /** Returns the script, without comments and indents: Vast takes few characters. */
  static String script() {
    return "#!/bin/bash\n"
        + source()
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .collect(Collectors.joining("\n"))
        + "\n";
  }

  private static String source() {
    try (InputStream in = Startup.class.getResourceAsStream(SCRIPT)) {
      if (in == null) {
        throw new IllegalStateException(SCRIPT + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
