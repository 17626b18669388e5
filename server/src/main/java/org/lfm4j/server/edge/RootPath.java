package org.lfm4j.server.edge;

/** The path under which a proxy shows this server. */
public final class RootPath {
  private RootPath() {}

  /**
   * Returns a path without the root in front, whether or not the proxy has taken it off already.
   */
  public static String strip(String root, String path) {
    if (root.isEmpty() || !path.startsWith(root)) {
      return path;
    }
    String rest = path.substring(root.length());
    return rest.startsWith("/") ? rest : path;
  }
}
