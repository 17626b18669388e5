/** What the module descriptor in picocli's own jar says. */
module info.picocli {
  requires static java.sql;

  exports picocli;
}
