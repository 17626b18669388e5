package org.lfm4j.cli.vast;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.lfm4j.vast.Transport;

/** The stand-in over HTTP, for clients and instances that are real processes. */
final class StandInServer implements AutoCloseable {
  private final HttpServer server;

  StandInServer(Transport vast) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, vast));
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange, Transport vast) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Transport.Reply reply;
    try {
      reply =
          vast.send(
              new Transport.Call(
                  exchange.getRequestMethod(),
                  URI.create(url() + exchange.getRequestURI()),
                  Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization")),
                  body.isEmpty() ? Optional.empty() : Optional.of(body)));
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
    byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(reply.status(), bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
