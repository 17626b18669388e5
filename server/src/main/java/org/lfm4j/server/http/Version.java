package org.lfm4j.server.http;

/** The version of lfm4j. */
public final class Version {
  /** As in {@code GET /version}. */
  public static final String NUMBER = "0.1.0";

  private Version() {}
}
