package org.lfm4j.vast;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** Requests over the network. */
public final class HttpTransport implements Transport, AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(20);
  private static final Duration ANSWER = Duration.ofMinutes(2);

  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final String userAgent;

  /** Names itself {@code userAgent}, as in {@code lfm4j/1.0}. */
  public HttpTransport(String userAgent) {
    this.userAgent = userAgent;
  }

  @Override
  public Reply send(Call call) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(call.uri()).timeout(ANSWER).header("User-Agent", userAgent);
    call.authorization().ifPresent(value -> request.header("Authorization", value));
    call.body().ifPresent(body -> request.header("Content-Type", "application/json"));
    request.method(
        call.method(), call.body().map(BodyPublishers::ofString).orElse(BodyPublishers.noBody()));
    var response = client.send(request.build(), BodyHandlers.ofString());
    return new Reply(response.statusCode(), response.body());
  }

  @Override
  public void close() {
    client.shutdownNow();
    client.close();
  }
}
