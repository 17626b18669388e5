package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What users and servers write, and what is read from it. */
class NamesTest {
  @ParameterizedTest
  @CsvSource({
    "LiquidAI/LFM2-24B-A2B, LiquidAI/LFM2-24B-A2B, '', main",
    "LiquidAI/LFM2-24B-A2B-GGUF:Q4_K_M, LiquidAI/LFM2-24B-A2B-GGUF, Q4_K_M, main",
    "LiquidAI/LFM2.5-1.2B@refs/pr/3, LiquidAI/LFM2.5-1.2B, '', refs/pr/3",
    "a/b:q8_0@v1.0, a/b, q8_0, v1.0",
  })
  void references(String text, String repo, String quantization, String revision) {
    ModelReference reference = ModelReference.parse(text);
    assertThat(reference.repo()).hasToString(repo);
    assertThat(reference.quantization().orElse("")).isEqualTo(quantization);
    assertThat(reference.revision()).isEqualTo(revision);
    assertThat(reference).hasToString(text);
    assertThat(RepoId.ofFolder(reference.repo().folder())).hasValue(reference.repo());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nowhere",
        "a/b/c",
        "./a",
        "/a/b",
        "a/b.gguf/c",
        "a--b/c",
        "a/..",
        "~/models",
        "a/b:",
        "a/b@",
        "a b/c",
        "a/b.git",
        "C:\\models",
        "../a",
        "a/"
      })
  void noReferences(String text) {
    assertThat(ModelReference.find(text)).isEmpty();
    assertThatThrownBy(() -> ModelReference.parse(text)).isInstanceOf(HubException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b@../x", "a/b@/x", "a/b@x//y", "a/b@x?y"})
  void unsafeRevisions(String text) {
    assertThatThrownBy(() -> ModelReference.parse(text))
        .isInstanceOf(HubException.class)
        .hasMessageContaining("is no revision");
  }

  /** Results of Python 3.11's fnmatchcase. */
  @ParameterizedTest
  @CsvSource({
    "*.json, config.json, true",
    "*.json, a/b/config.json, true",
    "*.json, config.jsonl, false",
    "onnx/, onnx/model.onnx, true",
    "onnx/, onnx, false",
    "model-0000?-of-*, model-00001-of-00010.safetensors, true",
    "[abc]*, b.txt, true",
    "[!abc]*, b.txt, false",
    "[a-c]x, bx, true",
    "[c-a]x, bx, false",
    "[]]x, ]x, true",
    "[x, [x, true",
    "a.c, abc, false",
    "*, .gitattributes, true",
    "LFM2*Q4_K_M*, LFM2-24B-A2B-Q4_K_M.gguf, true",
    "Config.json, config.json, false",
  })
  void patterns(String pattern, String path, boolean matches) {
    assertThat(GlobPattern.of(pattern).test(path)).isEqualTo(matches);
  }

  @ParameterizedTest
  @CsvSource({
    "LFM2-24B-A2B-Q4_K_M.gguf, Q4_K_M",
    "sub/LFM2.5-1.2B-q8_0.gguf, Q8_0",
    "LFM2-BF16.gguf, BF16",
    "LFM2-F16.gguf, F16",
    "LFM2-Q4_0-00001-of-00003.gguf, Q4_0",
    "LFM2-UD-Q4_K_XL.gguf, Q4_K_XL",
    "mmproj-LFM2-VL-F16.gguf, ''",
    "LFM2.gguf, ''",
    "config.json, ''",
  })
  void quantizations(String path, String name) {
    assertThat(Quantization.of(path).orElse("")).isEqualTo(name);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "999, 999 B",
    "1000, 1.0 kB",
    "99949, 99.9 kB",
    "99999, 100 kB",
    "999600, 1.0 MB",
    "47687322880, 47.7 GB",
    "123456789012345, 123 TB",
  })
  void sizes(long bytes, String text) {
    assertThat(Sizes.of(bytes)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "RateLimit | \"api\";r=0;t=55 | 56",
        "RateLimit | \"api\";r=3;t=55 | 0",
        "RateLimit | \"api\" ; r = 0 ; t = 1 | 2",
        "Retry-After | 3 | 4",
        "Retry-After | Wed, 21 Oct 2015 07:28:00 GMT | 0",
        "Retry-After | 999999 | 601",
        "RateLimit | nonsense | 0",
      })
  void waits(String header, String value, int seconds) {
    HttpHeaders headers = HttpHeaders.of(Map.of(header, List.of(value)), (a, b) -> true);
    assertThat(RateLimit.wait(headers))
        .isEqualTo(seconds == 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(seconds)));
  }

  @ParameterizedTest
  @CsvSource({
    "https://huggingface.co/x, proxy.example:3128",
    "http://mirror.example/x, 10.0.0.1:80",
    "https://cdn.internal.example/x, direct",
    "https://internal.example/x, direct",
    "https://notinternal.example/x, proxy.example:3128",
    "http://127.0.0.1:8080/x, direct",
    "https://localhost/x, direct",
  })
  void proxies(String address, String proxy) {
    Map<String, String> variables =
        Map.of(
            "HTTPS_PROXY",
            "http://proxy.example:3128/",
            "http_proxy",
            "10.0.0.1",
            "NO_PROXY",
            "a.b, .internal.example");
    ProxySelector none = ProxySelector.of(null);
    assertThat(new EnvironmentProxy(variables, none).select(URI.create(address)))
        .singleElement()
        .satisfies(found ->
            assertThat(found.type() == Proxy.Type.DIRECT ? "direct" : "" + found.address())
                .isEqualTo(proxy.equals("direct") ? proxy : shown(proxy)));
    assertThat(new EnvironmentProxy(Map.of(), none).select(URI.create(address)))
        .containsExactly(Proxy.NO_PROXY);
  }

  private static String shown(String proxy) {
    String[] parts = proxy.split(":");
    return "" + InetSocketAddress.createUnresolved(parts[0], Integer.parseInt(parts[1]));
  }

  @Test
  void aBadProxyIsAnErrorWithoutItsPassword() {
    ProxySelector proxy =
        new EnvironmentProxy(
            Map.of("HTTPS_PROXY", "socks://me:secret@h:1"), ProxySelector.of(null));
    assertThatThrownBy(() -> proxy.select(URI.create("https://huggingface.co")))
        .isInstanceOf(HubException.class)
        .hasMessageNotContaining("secret");
  }

  @TempDir Path home;

  private HubSettings settings(String... variables) {
    Map<String, String> map = new java.util.HashMap<>();
    for (int i = 0; i < variables.length; i += 2) {
      map.put(variables[i], variables[i + 1]);
    }
    return HubSettings.fromEnvironment(map, home);
  }

  @Test
  void variablesMeanWhatTheyMeanToPython() throws Exception {
    assertThat(settings().endpoint()).hasToString("https://huggingface.co");
    assertThat(settings().cache()).isEqualTo(home.resolve(".cache/huggingface/hub"));
    assertThat(settings().offline()).isFalse();
    assertThat(settings("XDG_CACHE_HOME", "/x").cache()).isEqualTo(Path.of("/x/huggingface/hub"));
    assertThat(settings("HF_HOME", "~/hf", "XDG_CACHE_HOME", "/x").cache())
        .isEqualTo(home.resolve("hf/hub"));
    assertThat(settings("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/old").cache())
        .isEqualTo(Path.of("/old"));
    assertThat(settings("HF_HUB_CACHE", "$DISK/${SUB}", "DISK", "/d", "SUB", "s").cache())
        .isEqualTo(Path.of("/d/s"));
    assertThat(settings("HF_ENDPOINT", "https://mirror.example/hf/").endpoint())
        .hasToString("https://mirror.example/hf");
    assertThatThrownBy(() -> settings("HF_ENDPOINT", "mirror"))
        .hasMessageStartingWith("HF_ENDPOINT is no address: 'mirror'");
    for (String yes : List.of("1", "on", "Yes", "TRUE")) {
      assertThat(settings("HF_HUB_OFFLINE", yes).offline()).isTrue();
      assertThat(settings("TRANSFORMERS_OFFLINE", yes).offline()).isTrue();
      assertThat(settings("HF_HUB_DISABLE_SYMLINKS", yes).symlinks()).isFalse();
      assertThat(settings("HF_HUB_DISABLE_PROGRESS_BARS", yes).progressBars()).isFalse();
    }
    assertThat(settings("HF_HUB_OFFLINE", "0", "TRANSFORMERS_OFFLINE", "1").offline()).isFalse();
    assertThat(settings("HF_HUB_DOWNLOAD_TIMEOUT", "7").stallTimeout())
        .isEqualTo(Duration.ofSeconds(7));
    assertThatThrownBy(() -> settings("HF_HUB_ETAG_TIMEOUT", "soon"))
        .hasMessage("HF_HUB_ETAG_TIMEOUT must be a number of seconds, got 'soon'.");
  }

  @Test
  void tokensComeFromVariablesOrTheFile() throws Exception {
    assertThat(settings().token()).isEmpty();
    Path file = home.resolve(".cache/huggingface/token");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "hf_file\n");
    assertThat(settings().token())
        .hasValueSatisfying(token -> {
          assertThat(token.authorization()).isEqualTo("Bearer hf_file");
          assertThat(token).hasToString("token from " + file);
        });
    assertThat(settings("HF_TOKEN", " hf_a\n").token().orElseThrow().authorization())
        .isEqualTo("Bearer hf_a");
    assertThat(settings("HUGGING_FACE_HUB_TOKEN", "hf_b").token().orElseThrow().source())
        .isEqualTo("HUGGING_FACE_HUB_TOKEN");
    assertThat(settings("HF_TOKEN", "hf_a", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").token())
        .isEmpty();
    assertThat(settings("HF_TOKEN", "hf_a").toString()).doesNotContain("hf_a");
    assertThatThrownBy(() -> settings("HF_TOKEN", "hf_a hf_b"))
        .hasMessageContaining("The token from HF_TOKEN has blanks")
        .hasMessageNotContaining("hf_a");
  }
}
