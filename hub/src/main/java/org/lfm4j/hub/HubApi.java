package org.lfm4j.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The Hub's questions and answers about repositories, each tried again when that may help. */
final class HubApi {
  private static final int MOST_JSON_BYTES = 64 << 20;
  private static final int MOST_PAGES = 1000;
  private static final Pattern NEXT = Pattern.compile("<([^>]*)>\\s*;\\s*rel=\"?next\"?");
  private static final JsonMapper JSON = JsonMapper.shared();

  private final HubSettings settings;
  private final HubHttp http;
  private final HubErrors errors;
  private final Pauses pauses;
  private final PullListener listener;

  HubApi(HubSettings settings, HubHttp http, Pauses pauses, PullListener listener) {
    this.settings = settings;
    this.http = http;
    this.errors = new HubErrors(settings);
    this.pauses = pauses;
    this.listener = listener;
  }

  /**
   * Where a file's bytes are, for a while.
   *
   * @param uri at the endpoint, or a signed address of its storage
   */
  record Location(URI uri) {}

  /** Returns the commit that a branch, tag or commit stands for now. */
  String commit(RepoId repo, String revision) throws InterruptedException {
    Page page = json(api(repo, "revision/" + segment(revision)), repo, revision);
    page.json
        .path("id")
        .stringValueOpt()
        .flatMap(ModelReference::find)
        .map(ModelReference::repo)
        .filter(now -> !now.equals(repo))
        .ifPresent(now ->
            listener.notice(
                "%s is called %s on the Hub now; it is kept here as %s."
                    .formatted(repo, now, repo)));
    String commit = page.json.path("sha").asString("");
    if (!ModelReference.isCommit(commit)) {
      throw notTheHub("a commit of " + repo);
    }
    return commit;
  }

  /** Returns all files of a commit. */
  RepoTree tree(RepoId repo, String commit) throws InterruptedException {
    List<RepoFile> files = new ArrayList<>();
    Optional<URI> next = Optional.of(api(repo, "tree/" + commit + "?recursive=true&expand=false"));
    for (int i = 0; next.isPresent(); i++) {
      if (i == MOST_PAGES) {
        throw notTheHub("a list of files that ends");
      }
      Page page = json(next.get(), repo, commit);
      if (!page.json.isArray()) {
        throw notTheHub("a list of files of " + repo);
      }
      for (JsonNode entry : page.json) {
        if (entry.path("type").asString("").equals("file")) {
          files.add(file(entry));
        }
      }
      next = page.next;
    }
    files.sort(Comparator.comparing(RepoFile::path));
    return new RepoTree(repo, commit, files);
  }

  private static RepoFile file(JsonNode entry) {
    JsonNode lfs = entry.path("lfs");
    Optional<String> sha256 = lfs.path("oid").stringValueOpt();
    return new RepoFile(
        entry.path("path").asString(""),
        sha256.isPresent() ? lfs.path("size").asLong(-1) : entry.path("size").asLong(-1),
        entry.path("oid").asString(""),
        sha256,
        entry.path("xetHash").stringValueOpt());
  }

  /**
   * Asks where a file's bytes are.
   *
   * @throws HubException if they may not be had, or are not those that the list of files names
   */
  Location locate(RepoTree tree, RepoFile file) throws InterruptedException {
    URI uri =
        URI.create(
            "%s/%s/resolve/%s/%s"
                .formatted(settings.endpoint(), tree.repo(), tree.commit(), segments(file.path())));
    Retries retries = new Retries(pauses, listener);
    while (true) {
      try (HubResponse response = http.head(uri)) {
        if (HubErrors.isTransient(response.status())) {
          throw HubErrors.fault(response);
        }
        if (response.status() >= 400) {
          throw errors.error(response, tree.repo(), tree.commit(), file.path());
        }
        warn(response);
        response
            .header("X-Linked-Etag")
            .or(() -> response.redirects() ? Optional.empty() : response.header("ETag"))
            .map(HubApi::plain)
            .filter(etag -> !etag.equals(file.etag()))
            .ifPresent(etag -> {
              throw new HubException(
                  "The Hub says that %s of %s is %s, but lists it as %s: try again, and report it to the Hub if that stays."
                      .formatted(file.path(), tree.repo(), etag, file.etag()));
            });
        return new Location(
            response.redirects() ? HubHttp.target(response.uri(), response) : response.uri());
      } catch (TransientFault fault) {
        retries.pause(fault);
      }
    }
  }

  /** Strips an ETag's quotes and its mark of weakness. */
  private static String plain(String etag) {
    String strong = etag.startsWith("W/") ? etag.substring(2) : etag;
    return strong.replace("\"", "");
  }

  private record Page(JsonNode json, Optional<URI> next) {}

  private Page json(URI uri, RepoId repo, String revision) throws InterruptedException {
    Retries retries = new Retries(pauses, listener);
    while (true) {
      try (HubResponse response = http.get(uri, Map.of())) {
        if (HubErrors.isTransient(response.status())) {
          throw HubErrors.fault(response);
        }
        if (response.status() != 200) {
          throw errors.error(response, repo, revision, "its list of files");
        }
        warn(response);
        return new Page(JSON.readTree(bytes(response)), next(response));
      } catch (TransientFault fault) {
        retries.pause(fault);
      } catch (JacksonException e) {
        throw notTheHub("JSON");
      }
    }
  }

  private static byte[] bytes(HubResponse response) throws TransientFault, InterruptedException {
    try {
      return response.body().readAll(MOST_JSON_BYTES);
    } catch (IOException e) {
      throw new TransientFault(HubHttp.shown(response.uri()) + ": " + e.getMessage());
    }
  }

  /** A mirror may link to the Hub itself; the next page is asked from the mirror all the same. */
  private Optional<URI> next(HubResponse response) {
    for (String link : response.headers().allValues("Link")) {
      Matcher matcher = NEXT.matcher(link);
      if (matcher.find()) {
        String target =
            matcher.group(1).replace(HubSettings.HUB.toString(), settings.endpoint().toString());
        return Optional.of(response.uri().resolve(target));
      }
    }
    return Optional.empty();
  }

  private void warn(HubResponse response) {
    response
        .header("X-HF-Warning")
        .ifPresent(
            warning -> listener.notice("The Hub says: " + warning.replaceFirst("^[^;]*; *", "")));
  }

  private HubException notTheHub(String expected) {
    return new HubException(
        "%s did not answer with %s, so it is not the Hub: check HF_ENDPOINT and the proxy."
            .formatted(settings.endpoint(), expected));
  }

  private URI api(RepoId repo, String rest) {
    return URI.create("%s/api/models/%s/%s".formatted(settings.endpoint(), repo, rest));
  }

  private static String segments(String path) {
    return Arrays.stream(path.split("/")).map(HubApi::segment).collect(Collectors.joining("/"));
  }

  private static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
