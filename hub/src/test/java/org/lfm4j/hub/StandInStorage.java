package org.lfm4j.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The host of large files: signed addresses that expire, ranges, an ETag that is no SHA-256. */
final class StandInStorage implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");
  private static final int CHUNK = 4096;

  private final HttpServer server;
  private final Map<String, StandInFile> signed = new ConcurrentHashMap<>();
  private final AtomicInteger signatures = new AtomicInteger();
  private final CountDownLatch closing = new CountDownLatch(1);

  /** What goes wrong, a fault for each request. */
  final Queue<Fault> faults = new ConcurrentLinkedQueue<>();

  final List<Seen> requests = new java.util.concurrent.CopyOnWriteArrayList<>();
  final AtomicLong bytesServed = new AtomicLong();
  volatile boolean ignoresRanges;
  volatile LongConsumer onBytes = total -> {};
  volatile Runnable onRequest = () -> {};

  StandInStorage() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  /** Returns a new address for a file. */
  String sign(StandInFile file) {
    String signature = "s" + signatures.incrementAndGet();
    signed.put(signature, file);
    return "http://127.0.0.1:%d/xet-bridge/%s?X-Amz-Expires=3600&name=\"ab\"&Signature=%s"
        .formatted(server.getAddress().getPort(), file.sha256(), signature);
  }

  int signatures() {
    return signatures.get();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(Seen.of(exchange));
      onRequest.run();
      String query = exchange.getRequestURI().getQuery();
      String signature = query.substring(query.lastIndexOf('=') + 1);
      Fault fault = faults.poll();
      if (fault instanceof Fault.Expired) {
        signed.remove(signature);
      }
      StandInFile file = signed.get(signature);
      if (file == null) {
        exchange.sendResponseHeaders(403, -1);
      } else if (fault instanceof Fault.Status(int status, Map<String, String> headers)) {
        headers.forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(status, -1);
      } else {
        send(exchange, file, fault);
      }
    }
  }

  private void send(HttpExchange exchange, StandInFile file, Fault fault) throws IOException {
    exchange.getResponseHeaders().set("ETag", "\"" + file.xetHash() + "\"");
    exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
    String header = exchange.getRequestHeaders().getFirst("Range");
    Matcher range = RANGE.matcher(header == null ? "" : header);
    int size = file.content().length;
    int start = 0;
    int end = size;
    int status = 200;
    if (range.matches() && !ignoresRanges && !(fault instanceof Fault.IgnoredRange)) {
      start = Integer.parseInt(range.group(1));
      end = range.group(2).isEmpty() ? size : Integer.parseInt(range.group(2)) + 1;
      if (start >= size) {
        exchange.getResponseHeaders().set("Content-Range", "bytes */" + size);
        exchange.sendResponseHeaders(416, -1);
        return;
      }
      end = Math.min(end, size);
      int shift = fault instanceof Fault.OtherRange && start > 0 ? 1 : 0;
      start -= shift;
      end -= shift;
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes %d-%d/%d".formatted(start, end - 1, size));
      status = 206;
    }
    byte[] body = java.util.Arrays.copyOfRange(file.content(), start, end);
    if (fault instanceof Fault.WrongByte && body.length > 0) {
      body[body.length / 2] ^= 1;
    }
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    write(exchange.getResponseBody(), body, fault);
  }

  private void write(OutputStream out, byte[] body, Fault fault) throws IOException {
    int length =
        switch (fault) {
          case Fault.Cut(int bytes) -> Math.min(bytes, body.length);
          case Fault.Stall(int bytes) -> Math.min(bytes, body.length);
          case null, default -> body.length;
        };
    for (int at = 0; at < length; at += CHUNK) {
      int count = Math.min(CHUNK, length - at);
      out.write(body, at, count);
      out.flush();
      onBytes.accept(bytesServed.addAndGet(count));
    }
    if (fault instanceof Fault.Stall) {
      try {
        closing.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
  }
}
