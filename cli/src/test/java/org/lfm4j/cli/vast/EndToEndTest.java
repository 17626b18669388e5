package org.lfm4j.cli.vast;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.cli.vast.SimulatedHost.Fate;
import org.lfm4j.vast.HttpTransport;
import org.lfm4j.vast.Timing;
import org.lfm4j.vast.Transport;
import org.lfm4j.vast.rental.Rental;
import org.lfm4j.vast.rental.RentalStore;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * From offer to answer and back, with real processes: the instance runs the real start script,
 * which fetches a distribution and serves the demo model; {@code up} is killed as users kill it. It
 * waits for things to happen, never for a time to pass: a loaded machine only makes it slower.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(1200)
class EndToEndTest {
  private static final String KEY = "testkey-0123456789";
  private static final int SIGTERM_STATUS = 143;
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  @TempDir Path directory;

  private final List<ProcessHost> hosts = Collections.synchronizedList(new ArrayList<>());
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private VastStandIn vast(Map<String, String> more) {
    return new VastStandIn(
        Timing.SYSTEM,
        Faults.none(),
        create -> {
          ProcessHost host =
              new ProcessHost(create, directory.resolve("host-" + hosts.size()), more);
          hosts.add(host);
          return host;
        });
  }

  /** An archive like that of dist/build, whose launcher uses this test's class path. */
  private Path archive() throws IOException, InterruptedException {
    String given = System.getProperty("lfm4j.dist", "");
    if (!given.isEmpty()) {
      return Path.of(given);
    }
    Path bin = Files.createDirectories(directory.resolve("make/lfm4j/bin"));
    String launcher =
        """
        #!/bin/sh
        exec '%s/bin/java' --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
          -Dlfm4j.home='%s' -cp '%s' org.lfm4j.cli.Lfm "$@"
        """
            .formatted(
                System.getProperty("java.home"),
                System.getProperty("lfm4j.root"),
                System.getProperty("java.class.path"));
    Path lfm = Files.writeString(bin.resolve("lfm"), launcher);
    assertThat(lfm.toFile().setExecutable(true)).isTrue();
    Path archive = directory.resolve("lfm4j.tar.gz");
    assertThat(
            new ProcessBuilder(
                    "tar",
                    "-czf",
                    archive.toString(),
                    "-C",
                    directory.resolve("make").toString(),
                    "lfm4j")
                .start()
                .waitFor())
        .isZero();
    return archive;
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }

  private int lfm(String url, String... words) {
    return VastCommands.commandLine(
            new Surroundings(
                Map.of(
                    "VAST_URL",
                    url,
                    "VAST_API_KEY",
                    KEY,
                    "USER",
                    "tester",
                    "XDG_STATE_HOME",
                    directory.resolve("state").toString()),
                directory,
                new BufferedReader(new StringReader("y\n")),
                Timing.SYSTEM,
                () -> new HttpTransport("test"),
                false))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(words);
  }

  @Test
  void upEndsWithARealAnswerAndDownReallyEndsIt() throws Exception {
    Path archive = archive();
    VastStandIn vast = vast(Map.of());
    try (StandInServer server = new StandInServer(vast)) {
      int status =
          lfm(
              server.url(),
              "up",
              "lfm2-demo",
              "--dist-url",
              archive.toUri().toString(),
              "--dist-sha256",
              sha256(archive),
              "--env",
              "DEMO_TOKEN=hf_abcdefghijklmnop");
      assertThat(status).as("%s%s%s", out, err, log()).isZero();
      Matcher export =
          Pattern.compile("export OPENAI_BASE_URL=(\\S+) OPENAI_API_KEY=(\\S+)")
              .matcher(out.toString());
      assertThat(export.find()).as(out.toString()).isTrue();
      assertThat(ask(export.group(1), export.group(2))).contains("85");
      assertThat(ask(export.group(1), "lfm-not-the-key"))
          .contains("This API key is not known here.");
      assertThat(err.toString())
          .contains("rents offer", "has answered its first question")
          .doesNotContain(KEY, export.group(2), "hf_abcdefghijklmnop");

      assertThat(lfm(server.url(), "status")).isZero();
      assertThat(out.toString()).contains("serves");
      assertThat(lfm(server.url(), "down")).isZero();
      assertThat(out.toString()).contains("is destroyed; Vast confirms it.");
      assertThat(hosts).hasSize(1).noneMatch(ProcessHost::alive);
      assertThat(vast.billedToUs()).isEmpty();
      assertThat(lfm(server.url(), "down")).isZero();
      assertThat(vast.violations).isEmpty();
    } finally {
      hosts.forEach(ProcessHost::stop);
    }
  }

  private static String ask(String base, String key) throws IOException, InterruptedException {
    return new HttpTransport("test")
        .send(
            new Transport.Call(
                "POST",
                URI.create(base + "/chat/completions"),
                Optional.of("Bearer " + key),
                Optional.of(
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"What is 37 + 48?\"}], \"temperature\": 0}")))
        .body();
  }

  @Test
  void aWrongChecksumNeverRunsAndTheDeadManSwitchEndsTheInstance() throws Exception {
    VastStandIn vast = vast(Map.of());
    try (StandInServer server = new StandInServer(vast)) {
      Process up =
          up(server, "--dist-url", archive().toUri().toString(), "--dist-sha256", "0".repeat(64));
      // The laptop is shut: neither up nor its guard come back. It has read which instance it got,
      // or
      // the sweep would wait five minutes for one that may still appear.
      await(() -> store().all().stream().anyMatch(rental -> rental.instance().isPresent()));
      up.descendants().forEach(ProcessHandle::destroyForcibly);
      up.destroyForcibly().waitFor();
      await(() -> log().contains("has another SHA-256"));
      assertThat(vast.billedToUs()).hasSize(1);
      // Its time is over: it began long ago.
      Files.writeString(directory.resolve("host-0/state/began"), "1\n");
      await(() -> vast.billedToUs().isEmpty());
      assertThat(log())
          .contains("has another SHA-256", "its time is over")
          .doesNotContain("serves");
      assertThat(lfm(server.url(), "sweep", "-y")).isZero();
      assertThat(store().all()).isEmpty();
      assertThat(vast.violations).isEmpty();
    } finally {
      hosts.forEach(ProcessHost::stop);
    }
  }

  @Test
  void anIdleInstanceEndsItself() throws Exception {
    Path archive = archive();
    VastStandIn vast = vast(Map.of("RENTAL_IDLE_SECONDS", "3"));
    try (StandInServer server = new StandInServer(vast)) {
      ObjectNode create = JsonMapper.builder().build().createObjectNode();
      create.put("label", "lfm-tester-abcdefghij").put("cancel_unavail", true);
      create.put("onstart", script());
      ObjectNode env = create.putObject("env");
      env.put("RENTAL_DIST_URL", archive.toUri().toString())
          .put("RENTAL_DIST_SHA256", sha256(archive));
      env.put("LFM_API_KEY", "lfm-key-0123456789").put("RENTAL_VAST_URL", server.url());
      URI ask = URI.create("http://vast.test/api/v0/asks/101/");
      vast.send(
          new Transport.Call("PUT", ask, Optional.of("Bearer x"), Optional.of(create.toString())));
      await(() -> vast.billedToUs().isEmpty());
      assertThat(log()).contains("serves the demo model", "nobody has asked anything");
    } finally {
      hosts.forEach(ProcessHost::stop);
    }
  }

  private static String script() throws IOException {
    try (var in = RentalStore.class.getResourceAsStream("onstart.sh")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void killingUpEndsWhatItRented() throws Exception {
    VastStandIn vast =
        new VastStandIn(
            Timing.SYSTEM,
            Faults.none(),
            create -> new SimulatedHost(Fate.STUCK_LOADING, new Random(1), Duration.ofDays(1)));
    try (StandInServer server = new StandInServer(vast)) {
      Process killed =
          up(server, "--dist-url", "https://files.test/x", "--dist-sha256", "0".repeat(64));
      await(() -> store().all().stream().anyMatch(one -> one.phase() == Rental.Phase.STARTING));
      killed.destroyForcibly().waitFor();
      await(() -> vast.billedToUs().isEmpty() && store().all().isEmpty());

      Process ended =
          up(server, "--dist-url", "https://files.test/x", "--dist-sha256", "0".repeat(64));
      await(() -> store().all().stream().anyMatch(one -> one.phase() == Rental.Phase.STARTING));
      ended.destroy();
      assertThat(ended.waitFor()).isEqualTo(SIGTERM_STATUS);
      assertThat(vast.billedToUs()).isEmpty();
      assertThat(store().all()).isEmpty();
      assertThat(vast.violations).isEmpty();
    }
  }

  @Test
  void aSecondSignalSaysWhatRemainsAndTheCleanUpGoesOn() throws Exception {
    VastStandIn vast =
        new VastStandIn(
            Timing.SYSTEM,
            Faults.none(),
            create -> new SimulatedHost(Fate.STUCK_LOADING, new Random(1), Duration.ofDays(1)));
    AtomicBoolean refuses = new AtomicBoolean(true);
    AtomicBoolean refused = new AtomicBoolean();
    Transport stubborn =
        call -> {
          if (call.method().equals("DELETE") && refuses.get()) {
            refused.set(true);
            return new Transport.Reply(400, "{\"error\":\"failed\",\"msg\":\"not now\"}");
          }
          return vast.send(call);
        };
    try (StandInServer server = new StandInServer(stubborn)) {
      Process up =
          up(server, "--dist-url", "https://files.test/x", "--dist-sha256", "0".repeat(64));
      await(() -> store().all().stream().anyMatch(one -> one.phase() == Rental.Phase.STARTING));
      String label = store().all().getFirst().label();
      up.destroy(); // SIGTERM: a shell's background jobs ignore Ctrl-C
      await(refused::get);
      up.destroy();
      await(() -> said().contains("run lfm vast down " + label));
      up.destroy();
      assertThat(up.isAlive()).isTrue();
      refuses.set(false);
      assertThat(up.waitFor()).isEqualTo(SIGTERM_STATUS);
      assertThat(said()).contains("what was rented is destroyed, and Vast confirms it.");
      assertThat(vast.billedToUs()).isEmpty();
      assertThat(store().all()).isEmpty();
      assertThat(vast.violations).isEmpty();
    }
  }

  private String said() throws IOException {
    return Files.readString(directory.resolve("up"));
  }

  private RentalStore store() {
    return new RentalStore(directory.resolve("state/lfm4j/vast"));
  }

  private Process up(StandInServer server, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                "org.lfm4j.cli.Lfm",
                "vast",
                "up",
                "lfm2-demo",
                "-y"));
    command.addAll(List.of(more));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("up").toFile());
    builder.environment().put("VAST_URL", server.url());
    builder.environment().put("VAST_API_KEY", KEY);
    builder.environment().put("USER", "tester");
    builder.environment().put("XDG_STATE_HOME", directory.resolve("state").toString());
    return builder.start();
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private void await(Condition condition) throws InterruptedException, IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      Path up = directory.resolve("up");
      assertThat(System.nanoTime())
          .as("%s%s", log(), Files.exists(up) ? Files.readString(up) : "")
          .isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }

  private String log() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < hosts.size(); i++) {
      Path host = directory.resolve("host-" + i);
      text.append(Files.readString(host.resolve("log")))
          .append(Files.readString(host.resolve("out")));
    }
    return text.toString();
  }
}
