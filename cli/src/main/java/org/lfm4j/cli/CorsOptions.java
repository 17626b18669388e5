package org.lfm4j.cli;

import java.util.List;
import java.util.regex.Pattern;
import org.lfm4j.server.edge.Cors;
import picocli.CommandLine.Option;

/** Which web pages may ask. Lists are written plainly or, as for vLLM, as JSON. */
@Section("Access")
final class CorsOptions {
  private static final Pattern JSON_LIST = Pattern.compile("\\[.*]");
  private static final Pattern SEPARATORS = Pattern.compile("[\\s,\"\\[\\]]+");

  @Option(
      names = "--allowed-origins",
      paramLabel = "ORIGIN",
      description =
          "Origins whose web pages may call this server, like https://chat.example; * for all; several are possible. Default: none.")
  private List<String> origins = List.of();

  @Option(
      names = "--allowed-methods",
      paramLabel = "METHOD",
      description = "Methods that those pages may use. Default: *, all.")
  private List<String> methods = List.of("*");

  @Option(
      names = "--allowed-headers",
      paramLabel = "HEADER",
      description = "Headers that those pages may send. Default: *, all.")
  private List<String> headers = List.of("*");

  @Option(
      names = "--allow-credentials",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      description = "Let those pages send cookies and client certificates.")
  private boolean credentials;

  Cors cors() {
    return new Cors(words(origins), words(methods), words(headers), credentials);
  }

  private static List<String> words(List<String> values) {
    return values.stream()
        .flatMap(value ->
            JSON_LIST.matcher(value).matches()
                ? SEPARATORS.splitAsStream(value)
                : java.util.stream.Stream.of(value.split(",")))
        .filter(word -> !word.isEmpty())
        .toList();
  }
}
