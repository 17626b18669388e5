/** The lfm command. */
module org.lfm4j.cli {
  requires static transitive org.jspecify;
  requires org.lfm4j.engine;
  requires org.lfm4j.hub;
  requires org.lfm4j.server;
  requires info.picocli;
  requires java.logging;
  requires org.jline;
  requires tools.jackson.databind;

  opens org.lfm4j.cli to
      info.picocli;
}
