package org.lfm4j.server.http;

import java.util.Set;

/** Paths that need no key, since they say nothing but whether the server is well. */
public final class OpenPaths {
  public static final Set<String> ALL = Set.of("/health", "/ping", "/version");

  private OpenPaths() {}
}
