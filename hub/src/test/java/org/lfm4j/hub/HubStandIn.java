package org.lfm4j.hub;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Hub on this machine that speaks the real one's protocol, the storage of large files being
 * another host. {@code hub/src/test/scripts/python_client.py} holds it against the real client.
 */
final class HubStandIn implements AutoCloseable {
  static final String TOKEN = "hf_GoodToken";
  static final String TOKEN_WITHOUT_ACCESS = "hf_OtherToken";

  static {
    // Otherwise each answer on a kept connection waits for a delayed acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private static final Pattern API =
      Pattern.compile("/api/models/([^/]+/[^/]+)/(revision|tree)/([^/]+)");
  private static final Pattern RESOLVE = Pattern.compile("/([^/]+/[^/]+)/resolve/([^/]+)/(.+)");
  private static final Pattern CACHED =
      Pattern.compile("/api/resolve-cache/models/([^/]+/[^/]+)/([^/]+)/(.+)");
  private static final int PAGE = 3;

  private final HttpServer server;
  private final Map<String, StandInRepo> repos = new ConcurrentHashMap<>();
  private final Map<String, String> renamed = new ConcurrentHashMap<>();

  final StandInStorage storage = new StandInStorage();
  final List<Seen> requests = new CopyOnWriteArrayList<>();

  /** Refusals, one for each request. */
  final Queue<Fault.Status> faults = new ConcurrentLinkedQueue<>();

  /** Whether the Hub's answers show the true hashes of large files, as mirrors may not. */
  volatile boolean linkedEtags = true;

  HubStandIn() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  URI endpoint() {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
  }

  StandInRepo repo(String id) {
    return repos.computeIfAbsent(id, StandInRepo::new);
  }

  void rename(String from, String to) {
    renamed.put(from, to);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      requests.add(Seen.of(exchange));
      Fault.Status fault = faults.poll();
      if (fault != null) {
        refuse(exchange, fault.status(), fault.headers());
        return;
      }
      String path = exchange.getRequestURI().getRawPath();
      Matcher api = API.matcher(path);
      Matcher resolve = RESOLVE.matcher(path);
      Matcher cached = CACHED.matcher(path);
      if (api.matches()) {
        answerApi(exchange, api.group(1), api.group(2), decoded(api.group(3)));
      } else if (cached.matches()) {
        cached(exchange, cached.group(1), decoded(cached.group(2)), decoded(cached.group(3)));
      } else if (resolve.matches()) {
        resolve(exchange, resolve.group(1), decoded(resolve.group(2)), decoded(resolve.group(3)));
      } else {
        refuse(exchange, 404, Map.of());
      }
    }
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /** Sends a client to a repository's new name, or away. */
  private Optional<StandInRepo> open(HttpExchange exchange, String id, boolean content)
      throws IOException {
    if (renamed.containsKey(id)) {
      String target = exchange.getRequestURI().toString().replaceFirst(id, renamed.get(id));
      exchange.getResponseHeaders().set("Location", target);
      exchange.sendResponseHeaders(307, -1);
      return Optional.empty();
    }
    String authorization = exchange.getRequestHeaders().getFirst("Authorization");
    String token = authorization == null ? "" : authorization.replaceFirst("^Bearer ", "");
    if (!token.isEmpty() && !token.equals(TOKEN) && !token.equals(TOKEN_WITHOUT_ACCESS)) {
      refuse(
          exchange, 401, Map.of("X-Error-Message", "Invalid credentials in Authorization header"));
      return Optional.empty();
    }
    StandInRepo repo = repos.get(id);
    boolean allowed = token.equals(TOKEN);
    if (repo == null || (repo.access == StandInRepo.Access.PRIVATE && !allowed)) {
      refuse(
          exchange,
          token.isEmpty() ? 401 : 404,
          token.isEmpty() ? Map.of() : Map.of("X-Error-Code", "RepoNotFound"));
      return Optional.empty();
    }
    if (repo.access == StandInRepo.Access.DISABLED) {
      refuse(exchange, 403, Map.of("X-Error-Message", "Access to this resource is disabled."));
      return Optional.empty();
    }
    if (repo.access == StandInRepo.Access.GATED && content && !allowed) {
      refuse(exchange, token.isEmpty() ? 401 : 403, Map.of("X-Error-Code", "GatedRepo"));
      return Optional.empty();
    }
    return Optional.of(repo);
  }

  private void answerApi(HttpExchange exchange, String id, String what, String revision)
      throws IOException {
    Optional<StandInRepo> repo = open(exchange, id, false);
    if (repo.isEmpty()) {
      return;
    }
    Optional<String> commit = repo.get().resolve(revision);
    if (commit.isEmpty()) {
      refuse(exchange, 404, Map.of("X-Error-Code", "RevisionNotFound"));
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "application/json; charset=utf-8");
    String json =
        what.equals("revision")
            ? info(repo.get(), commit.get())
            : page(exchange, repo.get(), commit.get());
    byte[] body = json.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }

  private static String info(StandInRepo repo, String commit) {
    String siblings =
        repo.files(commit).stream()
            .map(file -> "{\"rfilename\":\"" + file.path() + "\"}")
            .collect(Collectors.joining(","));
    return """
    {"_id":"1","id":"%s","modelId":"%s","sha":"%s","private":false,"gated":false,"disabled":false,\
    "tags":[],"downloads":0,"likes":0,"siblings":[%s]}\
    """
        .formatted(repo.id, repo.id, commit, siblings);
  }

  private String page(HttpExchange exchange, StandInRepo repo, String commit) {
    String query = exchange.getRequestURI().getQuery();
    int cursor =
        query.contains("cursor=") ? Integer.parseInt(query.replaceFirst(".*cursor=", "")) : 0;
    List<StandInFile> files = repo.files(commit);
    int end = Math.min(cursor + PAGE, files.size());
    if (end < files.size()) {
      String next =
          "%s/api/models/%s/tree/%s?recursive=true&expand=false&cursor=%d"
              .formatted(endpoint(), repo.id, commit, end);
      exchange.getResponseHeaders().set("Link", "<" + next + ">; rel=\"next\"");
    }
    Stream<String> folder =
        cursor == 0
            ? Stream.of("{\"type\":\"directory\",\"oid\":\"1\",\"size\":0,\"path\":\"notes\"}")
            : Stream.of();
    return Stream.concat(folder, files.subList(cursor, end).stream().map(HubStandIn::entry))
        .collect(Collectors.joining(",", "[", "]"));
  }

  private static String entry(StandInFile file) {
    int size = file.content().length;
    String lfs =
        file.kind() == StandInFile.Kind.GIT
            ? ""
            : ",\"lfs\":{\"oid\":\"%s\",\"size\":%d,\"pointerSize\":134}"
                .formatted(file.sha256(), size);
    String xet =
        file.kind() == StandInFile.Kind.XET ? ",\"xetHash\":\"" + file.xetHash() + "\"" : "";
    return "{\"type\":\"file\",\"oid\":\"%s\",\"size\":%d,\"path\":\"%s\"%s%s}"
        .formatted(file.blobId(), size, file.path(), lfs, xet);
  }

  private void resolve(HttpExchange exchange, String id, String revision, String path)
      throws IOException {
    Optional<StandInRepo> repo = open(exchange, id, true);
    if (repo.isEmpty()) {
      return;
    }
    Optional<String> commit = repo.get().resolve(revision);
    if (commit.isEmpty()) {
      refuse(exchange, 404, Map.of("X-Error-Code", "RevisionNotFound"));
      return;
    }
    exchange.getResponseHeaders().set("X-Repo-Commit", commit.get());
    Optional<StandInFile> found = repo.get().file(commit.get(), path);
    if (found.isEmpty()) {
      refuse(exchange, 404, Map.of("X-Error-Code", "EntryNotFound"));
      return;
    }
    StandInFile file = found.get();
    if (file.kind() == StandInFile.Kind.GIT) {
      String rawPath = exchange.getRequestURI().getRawPath();
      String target =
          "/api/resolve-cache/models/%s/%s/%s?etag=%%22%s%%22"
              .formatted(
                  id, commit.get(), rawPath.replaceFirst(".*/resolve/[^/]+/", ""), file.etag());
      exchange.getResponseHeaders().set("Location", target);
      exchange.sendResponseHeaders(307, -1);
      return;
    }
    if (linkedEtags) {
      exchange.getResponseHeaders().set("X-Linked-Etag", "\"" + file.sha256() + "\"");
      exchange.getResponseHeaders().set("X-Linked-Size", "" + file.content().length);
    }
    exchange.getResponseHeaders().set("ETag", "\"" + file.xetHash().substring(0, 32) + "\"");
    if (file.kind() == StandInFile.Kind.XET) {
      exchange.getResponseHeaders().set("X-Xet-Hash", file.xetHash());
      exchange
          .getResponseHeaders()
          .set(
              "Link",
              "<%s/api/models/%s/xet-read-token/%s>; rel=\"xet-auth\""
                  .formatted(endpoint(), id, commit.get()));
    }
    exchange.getResponseHeaders().set("Location", storage.sign(file));
    exchange.sendResponseHeaders(302, -1);
  }

  private void cached(HttpExchange exchange, String id, String commit, String path)
      throws IOException {
    Optional<StandInRepo> repo = open(exchange, id, true);
    if (repo.isPresent()) {
      StandInFile file = repo.get().file(commit, path).orElseThrow();
      exchange.getResponseHeaders().set("X-Repo-Commit", commit);
      exchange.getResponseHeaders().set("ETag", "\"" + file.etag() + "\"");
      if (exchange.getRequestMethod().equals("HEAD")) {
        exchange.getResponseHeaders().set("Content-Length", "" + file.content().length);
        exchange.sendResponseHeaders(200, -1);
        return;
      }
      exchange.sendResponseHeaders(200, file.content().length == 0 ? -1 : file.content().length);
      exchange.getResponseBody().write(file.content());
    }
  }

  private static void refuse(HttpExchange exchange, int status, Map<String, String> headers)
      throws IOException {
    headers.forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(status, -1);
  }

  @Override
  public void close() {
    storage.close();
    server.stop(0);
  }
}
