package org.lfm4j.server;

import io.helidon.common.socket.SocketOptions;
import io.helidon.webserver.ErrorHandling;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lfm4j.server.auth.KeyRing;
import org.lfm4j.server.edge.Edge;
import org.lfm4j.server.edge.InFlight;
import org.lfm4j.server.generation.Generations;
import org.lfm4j.server.health.Watchdog;
import org.lfm4j.server.http.RequestLimits;
import org.lfm4j.server.http.Stalls;
import org.lfm4j.server.http.TransportErrors;
import org.lfm4j.server.http.WatchedHttp1;
import org.lfm4j.server.metrics.Metrics;
import org.lfm4j.server.model.ServedModel;
import org.lfm4j.server.tls.ReloadingTls;
import org.lfm4j.server.trace.Tracing;

/** The HTTP server. It listens from {@link #start} on, whether or not the model is ready. */
public final class Server implements AutoCloseable {
  private static final Duration AFTER_ABORT = Duration.ofSeconds(2);

  /** What the kernel may hold of an answer that its client doesn't read. */
  private static final int SEND_BUFFER_BYTES = 256 << 10;

  private final WebServer http;
  private final Generations generations;
  private final InFlight inFlight;
  private final ServedModel model;
  private final Metrics metrics;
  private final Duration drain;
  private final Tracing tracing;
  private final Housekeeping housekeeping;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Server(ServerOptions options, ServedModel model) {
    this.model = model;
    drain = options.shutdownTimeout();
    tracing = options.tracing();
    generations = new Generations();
    inFlight = new InFlight();
    metrics = new Metrics();
    model.wrap(loaded -> metrics.measure(loaded, model.names().getFirst()));
    Watchdog watchdog = new Watchdog(model, options.healthInterval(), options.healthLimit());
    Routes routes =
        new Routes(
            model, generations, new StatusEndpoints(model, inFlight, watchdog), metrics, options);
    Edge edge =
        new Edge(
            routes,
            routes::errorBody,
            (path, method, status, begun) ->
                metrics.http().answered(routes.name(path), method, status, begun),
            options.edge(),
            inFlight);
    Stalls stalls = new Stalls(options.limits());
    Optional<ReloadingTls> tls = options.tls().map(ReloadingTls::new);
    WebServerConfig.Builder builder =
        builder(options, stalls).routing(routing -> routing.any(edge));
    tls.ifPresent(reloading -> builder.tls(reloading.tls()));
    http = builder.build();
    http.start();
    KeyRing keys = options.keys();
    housekeeping =
        Housekeeping.every(
            options.housekeepingPeriod(),
            () -> {
              stalls.check();
              keys.refresh();
              tls.ifPresent(ReloadingTls::refresh);
              watchdog.tick(System.nanoTime());
            });
  }

  /** Starts a server for everybody, with the defaults of {@link ServerOptions}. */
  public static Server start(String host, int port, ServedModel model) {
    return start(ServerOptions.builder().host(host).port(port).build(), model);
  }

  /**
   * Starts listening.
   *
   * @throws ServerException if the address can't be listened on
   * @throws org.lfm4j.server.tls.TlsException if certificate or key can't be used
   */
  public static Server start(ServerOptions options, ServedModel model) {
    HelidonServices.none();
    requireFree(options.host(), address(options.host()), options.port());
    return new Server(options, model);
  }

  private static WebServerConfig.Builder builder(ServerOptions options, Stalls stalls) {
    RequestLimits limits = options.limits();
    Http1Config http1 = Http1Config.builder().maxHeadersSize(limits.headerBytes()).build();
    return WebServer.builder()
        .address(address(options.host()))
        .port(options.port())
        .shutdownHook(false)
        .shutdownGracePeriod(AFTER_ABORT)
        .maxPayloadSize(limits.bodyBytes())
        .maxTcpConnections(limits.connections())
        .connectionOptions(
            SocketOptions.builder()
                .tcpNoDelay(true)
                .socketSendBufferSize(SEND_BUFFER_BYTES)
                .build())
        .protocolsDiscoverServices(false)
        .addConnectionSelector(
            new WatchedHttp1(Http1ConnectionSelector.builder().config(http1).build(), stalls))
        .errorHandling(ErrorHandling.builder().includeEntity(true).build())
        .directHandlers(TransportErrors.handlers(limits));
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
   * Stops, once: new requests are refused at once, running ones have the shutdown timeout to end;
   * then they are cut off with an error.
   */
  @Override
  public void close() {
    if (closed.getAndSet(true)) {
      return;
    }
    inFlight.stop();
    try {
      if (!inFlight.awaitEmpty(drain)) {
        generations.abort();
        inFlight.awaitEmpty(AFTER_ABORT);
      }
    } catch (InterruptedException e) {
      generations.abort();
      Thread.currentThread().interrupt();
    }
    http.stop();
    metrics.close();
    housekeeping.close();
    tracing.close();
    // Helidon's timer keeps a stopped listener, and so would keep the model.
    model.failed("the server has stopped");
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
