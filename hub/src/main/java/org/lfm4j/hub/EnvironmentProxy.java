package org.lfm4j.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The proxy that HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY name, as for Python and curl;
 * Java's own settings where they name none. This machine itself is never asked through a proxy.
 */
final class EnvironmentProxy extends ProxySelector {
  private final Map<String, String> variables;
  private final ProxySelector otherwise;

  EnvironmentProxy(Map<String, String> variables, ProxySelector otherwise) {
    this.variables = variables;
    this.otherwise = otherwise;
  }

  @Override
  public List<Proxy> select(URI uri) {
    String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
    if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
      return List.of(Proxy.NO_PROXY);
    }
    Optional<String> named = variable(uri.getScheme() + "_proxy").or(() -> variable("all_proxy"));
    if (named.isEmpty()) {
      return otherwise.select(uri);
    }
    return excluded(host) ? List.of(Proxy.NO_PROXY) : List.of(proxy(named.get()));
  }

  private Optional<String> variable(String name) {
    return Stream.of(name, name.toUpperCase(Locale.ROOT))
        .map(spelling -> variables.getOrDefault(spelling, "").strip())
        .filter(value -> !value.isEmpty())
        .findFirst();
  }

  private boolean excluded(String host) {
    return Arrays.stream(variable("no_proxy").orElse("").split(","))
        .map(entry -> entry.strip().toLowerCase(Locale.ROOT).replaceFirst("^\\*?\\.", ""))
        .filter(entry -> !entry.isEmpty())
        .anyMatch(entry -> entry.equals("*") || host.equals(entry) || host.endsWith("." + entry));
  }

  private static Proxy proxy(String text) {
    try {
      URI uri = URI.create(text.contains("://") ? text : "http://" + text);
      if (uri.getHost() != null && "http".equals(uri.getScheme())) {
        int port = uri.getPort() < 0 ? 80 : uri.getPort();
        return new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved(uri.getHost(), port));
      }
    } catch (IllegalArgumentException e) {
      throw new HubException(unusable(), e);
    }
    throw new HubException(unusable());
  }

  /** Without the value, which may hold a password. */
  private static String unusable() {
    return "The proxy variables (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) must be like http://HOST:PORT: correct or unset them.";
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException e) {
    otherwise.connectFailed(uri, address, e);
  }
}
