package org.lfm4j.server.page;

import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.lfm4j.server.http.Answer;

/**
 * A file of the page. It shows nothing of the server's, so it needs no API key. Browsers keep it
 * and ask each time, by its ETag, whether it is still the same.
 */
public final class PageFile {
  /** Nothing is loaded from elsewhere, nothing inline runs, no other site may frame the page. */
  static final String POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private static final String HTML = "text/html; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";
  private static final List<PageFile> FILES =
      List.of(
          new PageFile("/", "index.html", HTML),
          new PageFile("/page/style.css", "style.css", "text/css; charset=utf-8"),
          new PageFile("/page/icon.svg", "icon.svg", "image/svg+xml"),
          script("main"),
          script("server"),
          script("events"),
          script("conversation"),
          script("transcript"),
          script("markup"),
          script("settings"),
          script("tools"),
          script("arithmetic"),
          script("live"),
          script("metrics"),
          script("plot"));

  private final String path;
  private final String type;
  private final byte[] content;
  private final String etag;

  private PageFile(String path, String resource, String type) {
    this.path = path;
    this.type = type;
    this.content = read(resource);
    this.etag = '"' + digest(content) + '"';
  }

  private static PageFile script(String name) {
    return new PageFile("/page/" + name + ".js", name + ".js", SCRIPT);
  }

  /** Returns all files, that of {@code /} first. */
  public static List<PageFile> all() {
    return FILES;
  }

  /** Returns the paths of all files. */
  public static Set<String> paths() {
    return FILES.stream().map(PageFile::path).collect(Collectors.toUnmodifiableSet());
  }

  /** Returns the path under which it is served. */
  public String path() {
    return path;
  }

  /** Sends the file, or 304 to a browser that has it. */
  public void send(ServerRequest request, ServerResponse response) {
    response.header("Content-Security-Policy", POLICY);
    response.header("X-Content-Type-Options", "nosniff");
    response.header("Referrer-Policy", "no-referrer");
    response.header("Cross-Origin-Resource-Policy", "same-origin");
    response.header(HeaderNames.CACHE_CONTROL, "no-cache");
    response.header(HeaderNames.ETAG, etag);
    if (known(request)) {
      response.status(Status.NOT_MODIFIED_304).send();
      return;
    }
    response.header(HeaderNames.CONTENT_TYPE, type);
    Answer.bytes(request, response, content);
  }

  /** Weak tags, which proxies make of ours when they compress, count too (RFC 9110, 13.1.2). */
  private boolean known(ServerRequest request) {
    if (!request.headers().contains(HeaderNames.IF_NONE_MATCH)) {
      return false;
    }
    String tags = String.join(",", request.headers().get(HeaderNames.IF_NONE_MATCH).allValues());
    for (String tag : tags.split(",", -1)) {
      String bare = tag.strip();
      if (bare.equals("*") || bare.equals(etag) || bare.equals("W/" + etag)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] read(String resource) {
    try (InputStream in = PageFile.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("the page's file " + resource + " is missing");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String digest(byte[] content) {
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(content);
      return HexFormat.of().formatHex(hash, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
