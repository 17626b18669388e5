/** Vast.ai: a client, and renting a GPU from offer to verified destruction. */
module org.lfm4j.vast {
  requires static transitive org.jspecify;
  requires transitive tools.jackson.databind;
  requires java.net.http;

  exports org.lfm4j.vast;
  exports org.lfm4j.vast.rental;
}
