/** OpenAI-compatible HTTP API over an lfm4j engine. */
module org.lfm4j.server {
  requires static transitive org.jspecify;
  requires transitive org.lfm4j.engine;
  requires io.helidon.webserver;
  requires tools.jackson.databind;
}
