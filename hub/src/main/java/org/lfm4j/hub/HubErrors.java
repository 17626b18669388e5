package org.lfm4j.hub;

import java.util.Set;

/** What the Hub's refusals mean, in words that say what to do. */
final class HubErrors {
  private static final Set<Integer> TRANSIENT = Set.of(408, 425, 429, 500, 502, 503, 504);

  private final HubSettings settings;

  HubErrors(HubSettings settings) {
    this.settings = settings;
  }

  static boolean isTransient(int status) {
    return TRANSIENT.contains(status);
  }

  /** Returns the fault of an answer that {@link #isTransient} one. */
  static TransientFault fault(HubResponse response) {
    String what =
        response.status() == 429
            ? "too many requests to " + Origin.of(response.uri()).host()
            : "%s answered with status %d"
                .formatted(HubHttp.shown(response.uri()), response.status());
    return new TransientFault(what, RateLimit.wait(response.headers()));
  }

  /** Returns the error of any other answer that is no success. */
  HubException error(HubResponse response, RepoId repo, String revision, String what) {
    String code = response.header("X-Error-Code").orElse("");
    String message = response.header("X-Error-Message").orElse("");
    int status = response.status();
    String page = settings.endpoint() + "/" + repo;
    if (message.startsWith("Invalid credentials")) {
      return new HubException(badToken());
    }
    if (message.startsWith("Access to this resource is disabled")) {
      return new HubException(
          "The Hub has disabled access to %s: %s says why.".formatted(repo, page));
    }
    return new HubException(
        switch (code) {
          case "GatedRepo" -> gated(status, repo, page);
          case "RevisionNotFound" ->
              "%s has no revision '%s': %s/tree/main lists its branches."
                  .formatted(repo, revision, page);
          case "EntryNotFound" ->
              "%s has no %s at revision %s: %s/tree/%s shows what it has."
                  .formatted(repo, what, revision, page, revision);
          default ->
              code.equals("RepoNotFound") || status == 401 || status == 404
                  ? absent(repo, page)
                  : "%s answered with status %d for %s%s: see %s."
                      .formatted(
                          settings.endpoint(),
                          status,
                          what,
                          message.isEmpty() ? "" : " (" + message + ")",
                          page);
        });
  }

  private String badToken() {
    return settings
        .token()
        .map(token ->
            "The Hub does not accept the token from %s: renew it at %s/settings/tokens, or remove it for public models."
                .formatted(token.source(), settings.endpoint()))
        .orElse("The Hub asks for a token: set HF_TOKEN.");
  }

  private String gated(int status, RepoId repo, String page) {
    if (status == 403 && settings.token().isPresent()) {
      return "%s is gated and the account of the token from %s has no access yet: request it at %s, and use a token that may read gated repositories."
          .formatted(repo, settings.token().get().source(), page);
    }
    return "%s is gated: log in and accept its terms at %s, then set HF_TOKEN to a token from %s/settings/tokens."
        .formatted(repo, page, settings.endpoint());
  }

  private String absent(RepoId repo, String page) {
    return "There is no model %s on %s, or it is private: check the spelling%s."
        .formatted(
            repo,
            settings.endpoint(),
            settings
                .token()
                .map(token ->
                    ", and that the token from %s may read %s".formatted(token.source(), page))
                .orElse(", and set HF_TOKEN if it is private"));
  }
}
