package org.lfm4j.server.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.server.http.ApiException;

class KeyRingTest {
  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("keys"), text);
  }

  private static Optional<String> name(KeyRing ring, String key) {
    return ring.find(key).map(Tenant::name);
  }

  @Test
  void keysComeFromTheCommandLineAndFromFiles() throws IOException {
    Path file =
        file(
            """
            # the teams
            sk-red  name=red requests-per-minute=5

            sk-blue
            """);
    KeyRing ring = KeyRing.of(List.of("sk-given"), List.of(file), new KeyLimits(100, 0));
    assertThat(ring.closed()).isTrue();
    assertThat(ring.size()).isEqualTo(3);
    assertThat(name(ring, "sk-red")).contains("red");
    assertThat(ring.find("sk-red").orElseThrow().requestLimit()).isEqualTo(OptionalInt.of(5));
    assertThat(ring.find("sk-blue").orElseThrow().requestLimit()).isEqualTo(OptionalInt.of(100));
    assertThat(name(ring, "sk-blue").orElseThrow()).startsWith("key-").doesNotContain("blue");
    assertThat(ring.find("sk-given")).isPresent();
    assertThat(ring.find("sk-")).isEmpty();
    assertThat(ring.find("")).isEmpty();
    assertThat(ring.find("#")).isEmpty();
  }

  @Test
  void anEmptyFileLetsNobodyIn() throws IOException {
    KeyRing ring = KeyRing.of(List.of(), List.of(file("# none yet\n")), KeyLimits.NONE);
    assertThat(ring.closed()).isTrue();
    assertThat(ring.find("# none yet")).isEmpty();
    assertThat(KeyRing.open().closed()).isFalse();
  }

  @Test
  void aChangedFileIsReadAgain() throws IOException {
    KeyRing ring =
        KeyRing.of(List.of("sk-given"), List.of(file("sk-old\nsk-both\n")), KeyLimits.NONE);
    file("sk-both\nsk-new-one\n");
    ring.refresh();
    assertThat(ring.find("sk-old")).isEmpty();
    assertThat(ring.find("sk-both")).isPresent();
    assertThat(ring.find("sk-new-one")).isPresent();
    assertThat(ring.find("sk-given")).isPresent();
  }

  @Test
  void aKeyThatStaysKeepsItsBudget() throws IOException {
    String line = "sk-red requests-per-minute=1\n";
    KeyRing ring = KeyRing.of(List.of(), List.of(file(line)), KeyLimits.NONE);
    ring.find("sk-red").orElseThrow().takeRequest();
    file(line + "sk-another\n");
    ring.refresh();
    assertThat(ring.find("sk-another")).isPresent();
    Tenant red = ring.find("sk-red").orElseThrow();
    assertThatThrownBy(red::takeRequest)
        .isInstanceOfSatisfying(
            ApiException.class,
            e -> {
              assertThat(e.status()).isEqualTo(429);
              assertThat(e.retrySeconds()).isBetween(1, 60);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"sk-new nonsense\n", "sk-new requests-per-minute=-1\n"})
  void aBrokenFileChangesNothing(String text) throws IOException {
    Path file = file("sk-old\n");
    KeyRing ring = KeyRing.of(List.of(), List.of(file), KeyLimits.NONE);
    file(text);
    ring.refresh();
    assertThat(ring.find("sk-old")).isPresent();
    Files.delete(file);
    ring.refresh();
    assertThat(ring.find("sk-old")).isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sk-a name=x y | keys line 1: after the key may come name=",
        "sk-a name=a/b | keys line 1: a name has 1 to 64 letters",
        "sk-a tokens-per-minute=many | keys line 1: tokens-per-minute=many is not a number.",
      })
  void mistakesAreNamedWithoutTheKey(String line, String message) throws IOException {
    Path file = file(line + "\n");
    assertThatThrownBy(() -> KeyRing.of(List.of(), List.of(file), KeyLimits.NONE))
        .isInstanceOf(AuthException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("sk-a");
  }

  @Test
  void saltsOfDifferentKeysNeverMeet() {
    KeyRing ring = KeyRing.of(List.of("a", "b"), List.of(), KeyLimits.NONE);
    Tenant a = ring.find("a").orElseThrow();
    Tenant b = ring.find("b").orElseThrow();
    assertThat(a.salt(Optional.empty()))
        .isNotEqualTo(b.salt(Optional.empty()))
        .isNotEqualTo(a.salt(Optional.of("x")))
        .isEqualTo(a.salt(Optional.empty()));
  }
}
