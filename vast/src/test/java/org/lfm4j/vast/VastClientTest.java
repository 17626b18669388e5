package org.lfm4j.vast;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.vast.Transport.Call;
import org.lfm4j.vast.Transport.Reply;
import org.lfm4j.vast.VastException.Kind;

class VastClientTest {
  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final Reply OK = new Reply(200, "{\"success\":true}");
  private static final Reply LOST = new Reply(-1, "");

  private final VirtualTiming timing = new VirtualTiming(Duration.ZERO);
  private final Deque<Reply> replies = new ArrayDeque<>();
  private final List<Call> calls = new ArrayList<>();
  private final List<Duration> times = new ArrayList<>();
  @TempDir Path home;

  private VastClient client(ApiKey... keys) {
    return new VastClient(
        URI.create("https://vast.test/"),
        List.of(keys),
        call -> {
          calls.add(call);
          times.add(timing.uptime());
          Reply reply = replies.isEmpty() ? OK : replies.remove();
          if (reply == LOST) {
            throw new IOException("reset");
          }
          return reply;
        },
        timing);
  }

  private VastClient client() {
    return client(ApiKey.of(KEY, "VAST_API_KEY"));
  }

  private static CreateRequest request() {
    return new CreateRequest(
        Optional.of("image"),
        Map.of(),
        OptionalDouble.empty(),
        10,
        Optional.of("label"),
        Optional.empty(),
        Optional.empty(),
        Optional.of("ssh"),
        CreateRequest.Options.NONE);
  }

  @Test
  void callsOfAKindKeepTheirDistance() throws Exception {
    VastClient client = client();
    client.create(1, request());
    client.create(2, request());
    client.instance(3);
    client.instance(3);
    client.destroy(3);
    client.destroy(3);
    assertThat(times)
        .extracting(Duration::toMillis)
        .containsExactly(0L, 4500L, 4500L, 6500L, 6500L, 9500L);
  }

  @Test
  void tooFastWaitsAsLongAsTheTextSays() throws Exception {
    replies.add(new Reply(429, "API requests too frequent endpoint threshold=12.0"));
    replies.add(new Reply(429, "slow down"));
    client().create(1, request());
    assertThat(times).extracting(Duration::toMillis).containsExactly(0L, 12_000L, 21_000L);
  }

  @Test
  void tooFastForEverIsAnError() {
    for (int i = 0; i < 20; i++) {
      replies.add(new Reply(429, "slow down"));
    }
    assertKind(Kind.UNREACHABLE, () -> client().user());
    assertThat(calls).hasSize(7);
  }

  @Test
  void harmlessCallsAreRepeated() throws Exception {
    replies.add(LOST);
    replies.add(new Reply(502, "bad gateway"));
    replies.add(new Reply(503, ""));
    assertThat(client().instances()).isEmpty();
    assertThat(calls).hasSize(4);
  }

  @Test
  void aLostCreateOrDestroyIsNot() {
    replies.add(LOST);
    assertKind(Kind.AMBIGUOUS, () -> client().create(1, request()));
    replies.add(new Reply(504, ""));
    assertKind(Kind.AMBIGUOUS, () -> client().create(1, request()));
    replies.add(LOST);
    assertKind(Kind.NOT_DESTROYED, () -> client().destroy(1));
    assertThat(calls).hasSize(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "401 | {\"error\":\"auth_error\",\"msg\":\"Invalid user key\"} | AUTH | key from VAST_API_KEY",
        "403 | {\"msg\":\"no\"} | AUTH | more rights",
        "404 | {\"error\":\"no_such_ask\",\"msg\":\"error 404/3603\"} | OFFER_GONE | Search again",
        "404 | {\"error\":\"invalid_args\",\"msg\":\"not available\"} | OFFER_GONE | Search again",
        "410 | {\"error\":\"no_such_ask\",\"msg\":\"no longer available\"} | OFFER_GONE | Search again",
        "400 | {\"error\":\"insufficient_credit\",\"msg\":\"lacks credit\"} | NO_CREDIT | billing",
        "400 | {\"error\":\"spend_rate_limit\",\"msg\":\"new account\"} | NO_CREDIT | new account",
        "400 | {\"error\":\"invalid_args\",\"msg\":\"disk\"} | INVALID | disk",
        "200 | {\"success\":false,\"error\":\"insufficient_credit\",\"msg\":\"no\"} | NO_CREDIT | billing",
        "200 | <html> | AMBIGUOUS | --url",
        "408 | | AMBIGUOUS | may have been made",
        "400 | plain text | INVALID | plain text",
      })
  void refusalsOfACreateSayWhatTheyMean(
      int status, @Nullable String body, Kind kind, String message) {
    replies.add(new Reply(status, body == null ? "" : body));
    assertKind(kind, () -> client().create(1, request()), message);
  }

  @Test
  void keysNeverShow() {
    replies.add(
        new Reply(
            400,
            "{\"error\":\"x\",\"msg\":\"bad Bearer %s in ?api_key=zzzzzzzz\"}".formatted(KEY)));
    VastException error =
        catchThrowableOfType(VastException.class, () -> client().create(1, request()));
    assertThat(error).hasMessageNotContainingAny(KEY, "zzzzzzzz");
    assertThat(ApiKey.of(KEY, "VAST_API_KEY")).hasToString("key from VAST_API_KEY");
    assertThat(calls.getFirst().uri().toString()).doesNotContain(KEY);
    assertThat(calls.getFirst().authorization()).contains("Bearer " + KEY);
  }

  @Test
  void keysNeverShowInWhatIsNoJsonNorWhereItIsCut() {
    replies.add(new Reply(200, "<html> you sent %s </html>".formatted(KEY)));
    VastException page = catchThrowableOfType(VastException.class, () -> client().user());
    assertThat(page).hasMessageContaining("you sent ***").hasMessageNotContaining(KEY);
    replies.add(new Reply(400, "x".repeat(280) + " " + KEY));
    VastException cut = catchThrowableOfType(VastException.class, () -> client().user());
    assertThat(cut).hasMessageNotContaining(KEY.substring(0, 8));
  }

  @Test
  void anExpiredSessionKeyIsForgotten() throws Exception {
    Path session = home.resolve("vast_tfa_key");
    Files.writeString(session, "old");
    replies.add(new Reply(404, "{\"msg\":\"Session expired. Please log in again.\"}"));
    client(new ApiKey("old", "tfa", Optional.of(session)), ApiKey.of(KEY, "file")).user();
    assertThat(session).doesNotExist();
    assertThat(calls)
        .extracting(call -> call.authorization().orElse(""))
        .containsExactly("Bearer old", "Bearer " + KEY);
  }

  @Test
  void keysAreFoundInOrder() throws Exception {
    Map<String, String> variable = Map.of("VAST_API_KEY", " from-env\n");
    assertThatThrownBy(() -> new KeyFiles(Map.of(), home).find(Optional.empty()))
        .hasMessageContaining("lfm vast set api-key");
    Path old = Files.writeString(home.resolve(".vast_api_key"), "oldest\n");
    assertThat(values(Map.of(), Optional.empty())).containsExactly("oldest");
    Path file = new KeyFiles(Map.of(), home).save("stored");
    assertThat(file).isEqualTo(home.resolve(".config/vastai/vast_api_key")).hasContent("stored");
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
    assertThat(old).doesNotExist();
    Files.writeString(file.resolveSibling("vast_tfa_key"), "session");
    assertThat(values(Map.of(), Optional.empty())).containsExactly("session", "stored");
    assertThat(values(variable, Optional.empty())).containsExactly("from-env");
    assertThat(values(variable, Optional.of("flag"))).containsExactly("flag");
    Map<String, String> elsewhere = Map.of("XDG_CONFIG_HOME", home.resolve("x").toString());
    new KeyFiles(elsewhere, home).save("other");
    assertThat(home.resolve("x/vastai/vast_api_key")).hasContent("other");
  }

  private List<String> values(Map<String, String> environment, Optional<String> flag) {
    return new KeyFiles(environment, home).find(flag).stream().map(ApiKey::value).toList();
  }

  @Test
  void whatVastWouldCutIsRefused() {
    assertThatThrownBy(() ->
            new CreateRequest(
                Optional.of("image"),
                Map.of(),
                OptionalDouble.empty(),
                10,
                Optional.empty(),
                Optional.of("x".repeat(4001)),
                Optional.empty(),
                Optional.empty(),
                CreateRequest.Options.NONE))
        .hasMessageContaining("4001 characters");
  }

  @Test
  void logsAreFetchedWithoutTheKey() throws Exception {
    replies.add(new Reply(200, "{\"result_url\":\"https://files.test/x\"}"));
    replies.add(new Reply(403, ""));
    replies.add(new Reply(200, "a line with " + KEY));
    assertThat(client().logs(1, Optional.of("10"), Optional.empty(), false))
        .isEqualTo("a line with ***");
    assertThat(calls.getLast().authorization()).isEmpty();
    assertThat(calls.getFirst().body()).contains("{\"tail\":\"10\"}");
  }

  @Test
  void searchTakesWhatIsThere() throws Exception {
    replies.add(new Reply(200, "{\"offers\":[{\"id\":5,\"dph_total\":1.5,\"storage_cost\":0.2}]}"));
    OfferSearch search =
        new OfferSearch(Query.parse("", ""), "dph", "on-demand", OptionalInt.empty(), 5);
    Offer offer = client().search(search).getFirst();
    assertThat(offer.id()).isEqualTo(5);
    assertThat(offer.dollarsPerHour()).isEqualTo(1.5);
    assertThat(offer.diskDollarsPerHour(720)).isEqualTo(0.2);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static void assertKind(Kind kind, Work work, String... parts) {
    VastException error = catchThrowableOfType(VastException.class, work::run);
    assertThat(error.kind()).isEqualTo(kind);
    for (String part : parts) {
      assertThat(error).hasMessageContaining(part);
    }
  }
}
