/** OpenAI-compatible HTTP API over an lfm4j engine. */
@SuppressWarnings("requires-automatic")
module org.lfm4j.server {
  requires static transitive org.jspecify;
  requires transitive org.lfm4j.engine;
  requires io.helidon.common.configurable;
  requires io.helidon.common.pki;
  requires io.helidon.common.task;
  requires io.helidon.service.registry;
  requires transitive io.helidon.webserver;
  requires io.opentelemetry.api;
  requires io.opentelemetry.context;
  requires io.opentelemetry.exporter.otlp;
  requires io.opentelemetry.sdk.common;
  requires io.opentelemetry.sdk.trace;
  requires io.prometheus.metrics.core;
  requires io.prometheus.metrics.instrumentation.jvm;
  requires io.prometheus.metrics.model;
  requires io.prometheus.writer.text;
  requires transitive tools.jackson.databind;

  exports org.lfm4j.server;
  exports org.lfm4j.server.auth;
  exports org.lfm4j.server.edge;
  exports org.lfm4j.server.http;
  exports org.lfm4j.server.model;
  exports org.lfm4j.server.tls;
  exports org.lfm4j.server.trace;
}
