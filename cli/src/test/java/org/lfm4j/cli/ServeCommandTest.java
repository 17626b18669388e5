package org.lfm4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeCommandTest {
  private static final Pattern READY = Pattern.compile("ready in \\d+\\.\\d s: (http://\\S+)/v1 ");

  private final Cli cli = new Cli();
  @TempDir Path directory;

  @Test
  void listensLoadsAnswersAndStops() throws Exception {
    AtomicInteger status = new AtomicInteger(-1);
    Thread server =
        Thread.ofVirtual()
            .start(() ->
                status.set(
                    cli.run(
                        "serve",
                        directory.toString(),
                        "--host",
                        "127.0.0.1",
                        "--port",
                        "0",
                        "--served-model-name",
                        "LiquidAI/LFM2-24B-A2B",
                        "lfm2",
                        "--max-model-len",
                        "32k",
                        "--trust-remote-code")));
    String base = awaitReady();
    assertThat(get(base + "/v1/models")).contains("\"LiquidAI/LFM2-24B-A2B\"", "\"lfm2\"");
    assertThat(cli.out.toString())
        .contains("23.84 B parameters", "min_p=0.15", "names     LiquidAI/LFM2-24B-A2B, lfm2");
    assertThat(cli.err.toString()).startsWith("lfm: --trust-remote-code is ignored");
    assertThat(cli.options.maxModelLength()).isEqualTo(OptionalInt.of(32_000));
    server.interrupt();
    server.join();
    assertThat(status).hasValue(130);
    assertThat(cli.model.closed).isTrue();
  }

  private String awaitReady() throws InterruptedException {
    for (int i = 0; i < 500; i++) {
      Matcher matcher = READY.matcher(cli.out.toString());
      if (matcher.find()) {
        return matcher.group(1);
      }
      Thread.sleep(20);
    }
    return fail("not ready: %s %s", cli.out, cli.err);
  }

  private static String get(String url) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @Test
  void aTakenPortIsOneLineAndStatusOne() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = taken.getLocalPort();
      assertThat(cli.run("serve", directory.toString(), "--host", "127.0.0.1", "--port", port + ""))
          .isEqualTo(1);
      assertThat(cli.err)
          .hasToString(
              ("lfm: Can't listen on 127.0.0.1 port %d: Address already in use. Choose another with"
                      + " --host and --port.\n")
                  .formatted(port));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "serve . --dtype float16 | 1 | --dtype float16 is not supported: weights are used as they are stored, in bfloat16",
        "serve . --port 70000 | 1 | --port must be in [0, 65535], got 70000.",
        "serve . --port eight | 2 | Invalid value for option '--port'",
        "serve . --max-model-len lots | 2 | 'lots' is not a number of tokens: write 4096, 32k, 1M or auto",
        "serve nowhere | 1 | There is no model nowhere here, and it is no name on the Hub either",
        "serve --served-model-name a . | 1 | . was read as one more value of --served-model-name: write the model first, as in lfm serve . --served-model-name ...",
        "serve --api-key a . --port 0 | 1 | . was read as one more value of --api-key: write the model first, as in lfm serve . --api-key ...",
        "serve --api-key a LiquidAI/LFM2-1.2B | 1 | LiquidAI/LFM2-1.2B was read as one more value of --api-key",
        "serve --cudagraph-capture-sizes 1 2 LiquidAI/LFM2-1.2B | 1 | LiquidAI/LFM2-1.2B was read as one more value of --cudagraph-capture-sizes",
        "serve --served-model-name LiquidAI/LFM2-1.2B | 1 | The demo model is not at ",
        "serve --served-model-name a b | 1 | The demo model is not at ",
        "serve | 1 | The demo model is not at ",
        "serve . --ssl-certfile a.pem | 1 | HTTPS needs both --ssl-certfile and --ssl-keyfile.",
        "serve . --ssl-certfile a.pem --ssl-keyfile b.pem --port 0 | 1 | Can't use the certificate a.pem with the key b.pem: ",
        "serve . --api-key-file nothing | 1 | Can't read the API keys in nothing: ",
        "serve . --api-key-requests-per-minute -1 | 1 | The limits of an API key must be at least 0, got -1 requests and 0 tokens per minute.",
        "serve . --access-log xml | 1 | --access-log must be off, text or json, got xml.",
        "serve . --root-path llm | 1 | --root-path must begin with /, got llm.",
        "serve . --shutdown-timeout -1 | 1 | --shutdown-timeout must be at least 0, got -1.",
        "serve . --max-body-bytes 0 | 1 | --max-body-bytes must be at least 1, got 0.",
        "serve . --otlp-traces-endpoint nowhere | 1 | --otlp-traces-endpoint must be an address like http://localhost:4318/v1/traces, got nowhere.",
        "serve --prot 1 | 2 | Unknown option: '--prot'",
        "srve | 2 | Did you mean: lfm serve",
        "`` | 2 | Say what to do: lfm serve, lfm chat, lfm batch, lfm pull or lfm bench.",
      })
  void mistakesAreExplained(String arguments, int status, String message) {
    String[] words = arguments.isEmpty() ? new String[0] : arguments.split(" ");
    assertThat(cli.run(words)).isEqualTo(status);
    assertThat(cli.err.toString()).contains(message);
  }

  @Test
  void aModelThatDoesNotLoadEndsTheServer() {
    Cli failing = new Cli();
    int status =
        Lfm.commandLine(
                (path, options, progress) -> {
                  throw new org.lfm4j.checkpoint.CheckpointException("config.json is empty");
                })
            .setErr(new java.io.PrintWriter(failing.err, true))
            .setOut(new java.io.PrintWriter(failing.out, true))
            .execute("serve", directory.toString(), "--host", "127.0.0.1", "--port", "0");
    assertThat(status).isEqualTo(1);
    assertThat(failing.err).hasToString("lfm: config.json is empty\n");
  }

  @Test
  void helpNamesEveryFlag() {
    assertThat(cli.run("serve", "--help")).isZero();
    assertThat(cli.out.toString())
        .contains("MODEL", "--host", "--port", "--max-model-len", "--dtype", "--served-model-name")
        .doesNotContain("--trust-remote-code");
  }
}
