/** The lfm command. */
module org.lfm4j.cli {
  requires static transitive org.jspecify;
  requires org.lfm4j.engine;
  requires org.lfm4j.hub;
  requires org.lfm4j.server;
  requires org.lfm4j.vast;
  requires info.picocli;
  requires java.logging;
  requires org.jline;
  requires tools.jackson.databind;
  requires tools.jackson.dataformat.yaml;

  opens org.lfm4j.cli to
      info.picocli;
  opens org.lfm4j.cli.vast to
      info.picocli;
}
