package org.lfm4j.hub;

import java.net.URI;
import java.util.Locale;

/**
 * Who answers an address: only the endpoint's own origin ever gets the token.
 *
 * @param scheme http or https
 * @param host in small letters
 * @param port the scheme's own if none is written
 */
record Origin(String scheme, String host, int port) {
  static Origin of(URI uri) {
    String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return new Origin(scheme, String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT), port);
  }
}
