/** LFM2 inference as a Java library: no HTTP, no network, no command line. */
module org.lfm4j.engine {
  requires static transitive org.jspecify;
  // Where there are no kernels in C.
  requires static jdk.incubator.vector;
  requires java.management;
  requires jdk.jfr;
  requires tools.jackson.databind;

  exports org.lfm4j;
  exports org.lfm4j.checkpoint;
  exports org.lfm4j.checkpoint.gguf;
  exports org.lfm4j.engine;
  exports org.lfm4j.runner;
  exports org.lfm4j.sampling;
  exports org.lfm4j.sampling.grammar;
  exports org.lfm4j.tensor;
  exports org.lfm4j.text;
  exports org.lfm4j.text.tools;
}
