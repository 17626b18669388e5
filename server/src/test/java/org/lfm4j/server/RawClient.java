package org.lfm4j.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;

/** A client that writes the bytes it is told to. */
final class RawClient implements AutoCloseable {
  private final Socket socket;
  private final StringBuilder received = new StringBuilder();

  RawClient(TestServer server) {
    try {
      socket = new Socket("127.0.0.1", server.port());
      socket.setSoTimeout(10_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RawClient send(String text) {
    try {
      socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Posts a chat request with these further header lines. */
  RawClient chat(String headers, String body) {
    return post("/v1/chat/completions", headers, body);
  }

  /** Posts a request with these further header lines. */
  RawClient post(String path, String headers, String body) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return send(
        "POST "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + headers
            + "Content-Length: "
            + length
            + "\r\n\r\n"
            + body);
  }

  /** Reads until a text has come, and returns everything read so far. */
  String readUntil(String end) {
    while (received.indexOf(end) < 0) {
      if (!read()) {
        throw new AssertionError("the server closed the connection after: " + received);
      }
    }
    return received.toString();
  }

  /** Reads until a text has come after another one. */
  void readUntilAfter(String first, String then) {
    int from = readUntil(first).indexOf(first);
    while (received.indexOf(then, from) < 0) {
      if (!read()) {
        throw new AssertionError("the server closed the connection after: " + received);
      }
    }
  }

  /** Reads until the server closes the connection. */
  String readToEnd() {
    while (read()) {
      // more to come
    }
    return received.toString();
  }

  /** Goes away without a word. */
  void leave() {
    close();
  }

  private boolean read() {
    try {
      byte[] buffer = new byte[8192];
      int count = socket.getInputStream().read(buffer);
      if (count < 0) {
        return false;
      }
      received.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
      return true;
    } catch (SocketTimeoutException e) {
      throw new AssertionError("the server left the connection open after: " + received, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
