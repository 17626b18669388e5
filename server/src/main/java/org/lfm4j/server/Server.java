package org.lfm4j.server;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.http.JsonBody;
import org.lfm4j.server.http.TransportErrors;
import org.lfm4j.server.http.Version;
import org.lfm4j.server.http.WatchedHttp1;
import org.lfm4j.server.metrics.Metrics;
import org.lfm4j.server.model.ServedModel;

/** The HTTP server. It listens from {@link #start} on, whether or not the model is ready. */
public final class Server implements AutoCloseable {
  /** The version of lfm4j. */
  public static final String VERSION = Version.NUMBER;

  private static final Duration AFTER_ABORT = Duration.ofSeconds(2);

  private final WebServer http;
  private final Generations generations;
  private final ServedModel model;
  private final Metrics metrics;
  private final Duration drain;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Server(
      WebServer http, Generations generations, ServedModel model, Metrics metrics, Duration drain) {
    this.http = http;
    this.generations = generations;
    this.model = model;
    this.metrics = metrics;
    this.drain = drain;
  }

  /**
   * Starts listening.
   *
   * @param host name or address of the interface; {@code 0.0.0.0} for all
   * @param port TCP port; 0 takes a free one
   * @throws ServerException if the address can't be listened on
   */
  public static Server start(String host, int port, ServedModel model) {
    return start(host, port, model, ServerConfig.DEFAULT);
  }

  /** Starts listening, configured. */
  public static Server start(String host, int port, ServedModel model, ServerConfig config) {
    InetAddress address = address(host);
    requireFree(host, address, port);
    Generations generations = new Generations();
    Metrics metrics = new Metrics();
    model.wrap(loaded -> metrics.measure(loaded, model.names().getFirst()));
    Routes routes = new Routes(model, generations, metrics, config);
    WebServer http =
        WebServer.builder()
            .address(address)
            .port(port)
            .shutdownHook(false)
            .shutdownGracePeriod(config.drain().plus(AFTER_ABORT))
            .maxPayloadSize(JsonBody.MAX_BYTES)
            .connectionOptions(SocketOptions.builder().tcpNoDelay(true).build())
            .protocolsDiscoverServices(false)
            .addConnectionSelector(
                new WatchedHttp1(
                    Http1ConnectionSelector.builder().config(Http1Config.create()).build()))
            .directHandlers(TransportErrors.handlers())
            .routing(routes::register)
            .build();
    http.start();
    return new Server(http, generations, model, metrics, config.drain());
  }

  /** Returns the port in use. */
  public int port() {
    return http.port();
  }

  /** Returns how many answers are being generated for clients. */
  int running() {
    return generations.count();
  }

  /**
   * Stops, once: no new requests, a few seconds for the running ones, then they are cut off with an
   * error.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    model.failed("the server is shutting down");
    Thread aborter =
        Thread.ofVirtual()
            .name("lfm-server-drain")
            .start(() -> {
              try {
                Thread.sleep(drain);
                generations.abort();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    http.stop();
    metrics.close();
    aborter.interrupt();
  }

  private static InetAddress address(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new ServerException(
          "There is no network interface %s: give an address of this machine with --host."
              .formatted(host),
          e);
    }
  }

  /** Helidon only logs that it could not bind, and goes on without a socket: so try it before. */
  private static void requireFree(String host, InetAddress address, int port) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(address, port));
    } catch (IOException e) {
      throw new ServerException(
          "Can't listen on %s port %d: %s. Choose another with --host and --port."
              .formatted(host, port, e.getMessage()),
          e);
    }
  }
}
