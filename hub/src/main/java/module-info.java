/** Hugging Face Hub client: models by name, in the cache that Python uses. */
module org.lfm4j.hub {
  requires static transitive org.jspecify;
  requires java.net.http;
  requires tools.jackson.databind;

  exports org.lfm4j.hub;
}
