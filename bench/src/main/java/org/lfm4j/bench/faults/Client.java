package org.lfm4j.bench.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A connection that sends what it is told to, and reads when it is told to. */
final class Client implements AutoCloseable {
  private static final int PATIENCE_MILLIS = 240_000;
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"((?:[^\"\\\\]|\\\\.)*)\"");

  private final Socket socket = new Socket();

  /**
   * An answer as it came.
   *
   * @param status HTTP status; 0 if the connection was closed before one came
   * @param text the pieces of the answer's content
   * @param done whether the stream ended as it should
   * @param raw everything
   */
  record Answer(int status, String text, boolean done, String raw) {
    boolean retryAfter() {
      return raw.contains("Retry-After: ");
    }

    boolean error() {
      return raw.contains("{\"error\":{\"message\":\"");
    }
  }

  Client(int port) throws IOException {
    this(port, 0);
  }

  /** A client whose kernel takes only so many bytes that it doesn't read. */
  Client(int port, int receiveBuffer) throws IOException {
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
    socket.setSoTimeout(PATIENCE_MILLIS);
  }

  /** Returns the body of a request for one answer; {@code more} are further fields. */
  static byte[] chat(String question, String more) {
    return "{\"messages\":[{\"role\":\"user\",\"content\":\"%s\"}],\"temperature\":0%s}"
        .formatted(question, more)
        .getBytes(StandardCharsets.UTF_8);
  }

  void send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Posts a body to the chat endpoint; the server closes the connection after its answer. */
  void post(byte[] body) throws IOException {
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + "Content-Type: application/json\r\nContent-Length: "
            + body.length
            + "\r\n\r\n";
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
    request.writeBytes(body);
    send(request.toByteArray());
  }

  void get(String path) throws IOException {
    send(
        "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            .formatted(path)
            .getBytes(StandardCharsets.US_ASCII));
  }

  /** Returns whether the server has not reset the connection yet; a byte is sent to find out. */
  boolean open() {
    try {
      send(new byte[] {'\n'});
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Reads until some bytes have come, at most. */
  void readSome(int bytes) throws IOException {
    socket.getInputStream().readNBytes(bytes);
  }

  /** Reads the answer until the server closes. */
  Answer answer() throws IOException {
    InputStream in = socket.getInputStream();
    String raw = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    int status = raw.startsWith("HTTP/1.1 ") ? Integer.parseInt(raw.substring(9, 12)) : 0;
    StringBuilder text = new StringBuilder();
    Matcher pieces = CONTENT.matcher(raw);
    while (pieces.find()) {
      text.append(pieces.group(1));
    }
    return new Answer(status, text.toString(), raw.contains("data: [DONE]"), raw);
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
