package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfm4j.server.auth.KeyRing;
import org.lfm4j.server.edge.Cors;
import org.lfm4j.server.http.RequestLimits;
import picocli.CommandLine;

/** What the options of {@code lfm serve} about operation mean. */
class ServeOptionsTest {
  @TempDir Path directory;

  private static <T> T parse(T options, String... arguments) {
    new CommandLine(
            CommandLine.Model.CommandSpec.create()
                .addMixin("m", CommandLine.Model.CommandSpec.forAnnotatedObject(options)))
        .parseArgs(arguments);
    return options;
  }

  @Test
  void keysComeFromOptionsOrElseFromTheEnvironment() throws Exception {
    Map<String, String> environment = Map.of("LFM_API_KEY", "sk-env", "VLLM_API_KEY", "sk-vllm");
    assertThat(parse(new AuthOptions()).keyRing(Map.of()).closed()).isFalse();
    KeyRing fromEnvironment = parse(new AuthOptions()).keyRing(environment);
    assertThat(fromEnvironment.closed()).isTrue();
    assertThat(fromEnvironment.size()).isEqualTo(1);
    assertThat(parse(new AuthOptions()).keyRing(Map.of("VLLM_API_KEY", "x")).closed()).isTrue();
    assertThat(parse(new AuthOptions()).keyRing(Map.of("LFM_API_KEY", "")).closed()).isFalse();
    assertThat(
            parse(new AuthOptions())
                .keyRing(Map.of("LFM_API_KEY", " ", "VLLM_API_KEY", "x"))
                .closed())
        .isTrue();
    assertThat(parse(new AuthOptions(), "--api-key", "a", "b").keyRing(environment).size())
        .isEqualTo(2);
    Path file = Files.writeString(directory.resolve("keys"), "sk-1\nsk-2\nsk-3\n");
    AuthOptions fileAlone = parse(new AuthOptions(), "--api-key-file", file.toString());
    assertThat(fileAlone.keyRing(Map.of()).size()).isEqualTo(3);
    assertThat(fileAlone.keyRing(environment).size()).isEqualTo(4);
    AuthOptions both =
        parse(new AuthOptions(), "--api-key", "a", "--api-key-file", file.toString());
    assertThat(both.keyRing(environment).size()).isEqualTo(4);
  }

  @Test
  void originsAreListsInEitherForm() {
    assertThat(parse(new CorsOptions()).cors()).isEqualTo(Cors.NONE);
    List<String> two = List.of("https://a.example", "https://b.example");
    assertThat(
            parse(
                    new CorsOptions(),
                    "--allowed-origins",
                    "[\"https://a.example\", \"https://b.example\"]")
                .cors()
                .origins())
        .isEqualTo(two);
    assertThat(
            parse(new CorsOptions(), "--allowed-origins", "https://a.example,https://b.example")
                .cors()
                .origins())
        .isEqualTo(two);
    assertThat(
            parse(
                    new CorsOptions(),
                    "--allowed-origins",
                    "https://a.example",
                    "--allowed-origins",
                    "https://b.example",
                    "--allow-credentials")
                .cors())
        .isEqualTo(new Cors(two, List.of("*"), List.of("*"), true));
    assertThat(parse(new CorsOptions(), "--allowed-origins", "[\"*\"]").cors().origins())
        .containsExactly("*");
  }

  @Test
  void limitsHaveVllmsNamesToo() {
    assertThat(parse(new LimitOptions()).limits()).isEqualTo(RequestLimits.DEFAULT);
    RequestLimits limits =
        parse(
                new LimitOptions(),
                "--h11-max-incomplete-event-size",
                "70000",
                "--h11-max-header-count",
                "300",
                "--slow-reader-timeout",
                "7")
            .limits();
    assertThat(limits.headerBytes()).isEqualTo(70_000);
    assertThat(limits.headerCount()).isEqualTo(300);
    assertThat(limits.write()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void onlyThisMachineReachesLoopbackAddresses() {
    assertThat(Loopback.is("127.0.0.1")).isTrue();
    assertThat(Loopback.is("localhost")).isTrue();
    assertThat(Loopback.is("::1")).isTrue();
    assertThat(Loopback.is("0.0.0.0")).isFalse();
    assertThat(Loopback.is("192.0.2.1")).isFalse();
  }
}
