/** OpenAI-compatible HTTP API over an lfm4j engine. */
module org.lfm4j.server {
  requires static transitive org.jspecify;
  requires transitive org.lfm4j.engine;
  requires io.helidon.common.task;
  requires io.helidon.webserver;
  requires io.prometheus.metrics.core;
  requires io.prometheus.metrics.instrumentation.jvm;
  requires io.prometheus.metrics.model;
  requires io.prometheus.writer.text;
  requires transitive tools.jackson.databind;

  exports org.lfm4j.server;
  exports org.lfm4j.server.model;
}
