package org.lfm4j.server;

import java.time.Duration;
import java.util.Optional;
import org.lfm4j.server.auth.Authentication;
import org.lfm4j.server.auth.KeyRing;
import org.lfm4j.server.edge.AccessLog;
import org.lfm4j.server.edge.Cors;
import org.lfm4j.server.edge.Edge;
import org.lfm4j.server.http.RequestLimits;
import org.lfm4j.server.page.PageFile;
import org.lfm4j.server.tls.TlsFiles;
import org.lfm4j.server.trace.Tracing;

/**
 * How a server listens, whom it answers and how it ends. Start from {@link #builder}.
 *
 * @param host name or address of the interface; {@code 0.0.0.0} for all
 * @param port TCP port; 0 takes a free one
 * @param rootPath path under which a proxy shows the server, like {@code /llm}; empty for none
 * @param keys who may ask
 * @param metricsOpen whether {@code /metrics} needs no key
 * @param cors which pages of other origins may ask
 * @param tls certificate and key; nothing for plain HTTP
 * @param limits how much a client may ask for, and how slowly
 * @param keepAlive how long a stream may be silent before it gets a comment; zero for ever
 * @param accessLog what is written about each request
 * @param tracing where each request is traced
 * @param healthInterval how long the engine may rest before the watchdog tries it
 * @param healthLimit how long it may compute nothing when tried
 * @param shutdownTimeout how long running answers may go on once the server stops
 * @param housekeepingPeriod how often files, stalled clients and the engine are looked at
 * @param trustRequestChatTemplate whether requests may bring a chat template of their own: it is a
 *     program, and may run for long
 */
public record ServerOptions(
    String host,
    int port,
    String rootPath,
    KeyRing keys,
    boolean metricsOpen,
    Cors cors,
    Optional<TlsFiles> tls,
    RequestLimits limits,
    Duration keepAlive,
    AccessLog accessLog,
    Tracing tracing,
    Duration healthInterval,
    Duration healthLimit,
    Duration shutdownTimeout,
    Duration housekeepingPeriod,
    boolean trustRequestChatTemplate) {

  /** Takes a root path with or without its last slash. */
  public ServerOptions {
    rootPath = rootPath.endsWith("/") ? rootPath.substring(0, rootPath.length() - 1) : rootPath;
  }

  /** Starts from a server on all interfaces, port 8000, without keys, TLS, logs or traces. */
  public static Builder builder() {
    return new Builder();
  }

  Edge.Settings edge() {
    return new Edge.Settings(
        limits,
        keepAlive,
        new Authentication(keys, metricsOpen, PageFile.paths()),
        cors,
        accessLog,
        tracing,
        rootPath);
  }

  /** Collects options; each is documented at {@link ServerOptions}. */
  public static final class Builder {
    private String host = "0.0.0.0";
    private int port = 8000;
    private String rootPath = "";
    private KeyRing keys = KeyRing.open();
    private boolean metricsOpen;
    private Cors cors = Cors.NONE;
    private Optional<TlsFiles> tls = Optional.empty();
    private RequestLimits limits = RequestLimits.DEFAULT;
    private Duration keepAlive = Duration.ofSeconds(15);
    private AccessLog accessLog = AccessLog.OFF;
    private Tracing tracing = Tracing.OFF;
    private Duration healthInterval = Duration.ofSeconds(15);
    private Duration healthLimit = Duration.ofMinutes(2);
    private Duration shutdownTimeout = Duration.ofSeconds(30);
    private Duration housekeepingPeriod = Duration.ofSeconds(1);
    private boolean trustRequestChatTemplate;

    private Builder() {}

    public Builder host(String host) {
      this.host = host;
      return this;
    }

    public Builder port(int port) {
      this.port = port;
      return this;
    }

    public Builder rootPath(String rootPath) {
      this.rootPath = rootPath;
      return this;
    }

    public Builder keys(KeyRing keys) {
      this.keys = keys;
      return this;
    }

    public Builder metricsOpen(boolean metricsOpen) {
      this.metricsOpen = metricsOpen;
      return this;
    }

    public Builder cors(Cors cors) {
      this.cors = cors;
      return this;
    }

    public Builder tls(TlsFiles tls) {
      this.tls = Optional.of(tls);
      return this;
    }

    public Builder limits(RequestLimits limits) {
      this.limits = limits;
      return this;
    }

    public Builder keepAlive(Duration keepAlive) {
      this.keepAlive = keepAlive;
      return this;
    }

    public Builder accessLog(AccessLog accessLog) {
      this.accessLog = accessLog;
      return this;
    }

    public Builder tracing(Tracing tracing) {
      this.tracing = tracing;
      return this;
    }

    public Builder healthInterval(Duration healthInterval) {
      this.healthInterval = healthInterval;
      return this;
    }

    public Builder healthLimit(Duration healthLimit) {
      this.healthLimit = healthLimit;
      return this;
    }

    public Builder shutdownTimeout(Duration shutdownTimeout) {
      this.shutdownTimeout = shutdownTimeout;
      return this;
    }

    public Builder housekeepingPeriod(Duration housekeepingPeriod) {
      this.housekeepingPeriod = housekeepingPeriod;
      return this;
    }

    public Builder trustRequestChatTemplate(boolean trust) {
      this.trustRequestChatTemplate = trust;
      return this;
    }

    public ServerOptions build() {
      return new ServerOptions(
          host,
          port,
          rootPath,
          keys,
          metricsOpen,
          cors,
          tls,
          limits,
          keepAlive,
          accessLog,
          tracing,
          healthInterval,
          healthLimit,
          shutdownTimeout,
          housekeepingPeriod,
          trustRequestChatTemplate);
    }
  }
}
