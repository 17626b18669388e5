package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Refusals say what to do, and no message holds a token. */
class ErrorsTest {
  @TempDir Path cache;
  private HubStandIn standIn;

  @BeforeEach
  void publish() throws IOException {
    standIn = new HubStandIn();
    standIn.repo(Models.NAME).commit("main", Models.files());
  }

  @AfterEach
  void close() {
    standIn.close();
  }

  private String error(String model, String... token) {
    TestHub hub =
        new TestHub(
            standIn.endpoint(),
            cache,
            token.length == 0 ? Optional.empty() : Optional.of(token[0]));
    Throwable error = catchThrowable(() -> hub.pull(model));
    assertThat(error).isInstanceOf(HubException.class);
    assertThat(error.toString()).doesNotContain("hf_");
    return error.getMessage().replace(standIn.endpoint().toString(), "HUB");
  }

  @Test
  void gatedRepositories() {
    standIn.repo(Models.NAME).access = StandInRepo.Access.GATED;
    assertThat(error(Models.NAME))
        .isEqualTo(
            "LiquidAI/LFM2-Test is gated: log in and accept its terms at HUB/LiquidAI/LFM2-Test, then set HF_TOKEN to a token from HUB/settings/tokens.");
    assertThat(error(Models.NAME, HubStandIn.TOKEN_WITHOUT_ACCESS))
        .isEqualTo(
            "LiquidAI/LFM2-Test is gated and the account of the token from HF_TOKEN has no access yet: request it at HUB/LiquidAI/LFM2-Test, and use a token that may read gated repositories.");
    assertThat(standIn.storage.requests).isEmpty();
  }

  @Test
  void absentAndPrivateRepositories() {
    standIn.repo(Models.NAME).access = StandInRepo.Access.PRIVATE;
    for (String name : List.of(Models.NAME, "LiquidAI/LFM3")) {
      assertThat(error(name))
          .isEqualTo(
              "There is no model %s on HUB, or it is private: check the spelling, and set HF_TOKEN if it is private."
                  .formatted(name));
      assertThat(error(name, HubStandIn.TOKEN_WITHOUT_ACCESS))
          .isEqualTo(
              "There is no model %s on HUB, or it is private: check the spelling, and that the token from HF_TOKEN may read HUB/%s."
                  .formatted(name, name));
    }
  }

  @Test
  void absentRevisions() {
    assertThat(error(Models.NAME + "@v2"))
        .isEqualTo(
            "LiquidAI/LFM2-Test has no revision 'v2': HUB/LiquidAI/LFM2-Test/tree/main lists its branches.");
  }

  @Test
  void disabledRepositoriesAndBadTokens() {
    standIn.repo(Models.NAME).access = StandInRepo.Access.DISABLED;
    assertThat(error(Models.NAME))
        .isEqualTo(
            "The Hub has disabled access to LiquidAI/LFM2-Test: HUB/LiquidAI/LFM2-Test says why.");
    assertThat(error(Models.NAME, "hf_expired"))
        .isEqualTo(
            "The Hub does not accept the token from HF_TOKEN: renew it at HUB/settings/tokens, or remove it for public models.");
  }

  @Test
  void otherServersAreNotTheHub() throws Exception {
    standIn.faults.add(new Fault.Status(418, Map.of("X-Error-Message", "no coffee")));
    assertThat(error(Models.NAME))
        .isEqualTo(
            "HUB answered with status 418 for its list of files (no coffee): see HUB/LiquidAI/LFM2-Test.");
    standIn.faults.add(new Fault.Status(200));
    assertThat(error(Models.NAME))
        .startsWith("HUB did not answer with")
        .endsWith("check HF_ENDPOINT and the proxy.");
  }

  @Test
  void redirectsThatNeverEnd() {
    standIn.rename("Some/Loop", "Some/Loop");
    assertThat(error("Some/Loop")).contains("was redirected more than 8 times");
  }

  @Test
  void anUnreachableHub() throws Exception {
    URI nobody;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = URI.create("http://127.0.0.1:" + free.getLocalPort());
    }
    TestHub hub = new TestHub(nobody, cache, Optional.empty());
    assertThatThrownBy(() -> hub.pull(Models.NAME))
        .hasMessage(
            "Gave up after 6 tries: can't reach 127.0.0.1: check the connection, the proxy and the firewall (*.hf.co must be allowed too). Try again later; what was downloaded is kept.");
  }

  @Test
  void aFullDiskIsSeenBeforeTheDownload() {
    HubSettings settings = TestHub.settings(standIn.endpoint(), cache, Optional.empty());
    TestHub hub = new TestHub(settings, folder -> 64 << 20);
    assertThatThrownBy(() -> hub.pull(Models.NAME))
        .hasMessage(
            "LiquidAI/LFM2-Test needs 67.3 MB more on the disk of %s, which has 67.1 MB left: make room (lfm list, lfm rm), set HF_HUB_CACHE to another disk, or take a smaller quantisation."
                .formatted(cache));
    assertThat(standIn.storage.requests).isEmpty();
  }

  @Test
  void offlineNobodyIsAsked() throws Exception {
    HubSettings settings = TestHub.settings(standIn.endpoint(), cache, Optional.empty());
    TestHub offline = new TestHub(TestHub.offline(settings), folder -> 0);
    assertThatThrownBy(() -> offline.pull(Models.NAME))
        .hasMessage(
            "HF_HUB_OFFLINE is set and LiquidAI/LFM2-Test is not complete in %s: unset it, or copy the model there."
                .formatted(cache));
    assertThat(standIn.requests).isEmpty();
    new TestHub(settings, folder -> Long.MAX_VALUE)
        .pull(Models.NAME, Selection.matching(List.of("*.json")));
    assertThatThrownBy(() -> offline.pull(Models.NAME))
        .hasMessageContaining(
            "LiquidAI/LFM2-Test lacks 7 of its files (.gitattributes, README.md, chat_template.jinja)");
    new TestHub(settings, folder -> Long.MAX_VALUE).pull(Models.NAME);
    standIn.requests.clear();
    Models.assertSameBytes(offline.pull(Models.NAME), Models.files());
    assertThat(standIn.requests).isEmpty();
  }

  @Test
  void aListedFileMayNotLeaveItsFolder() {
    for (String path :
        List.of("../evil", "a/../../evil", "/etc/passwd", "a\\b", "a//b", ".", "C:x")) {
      assertThatThrownBy(
              () -> new RepoFile(path, 1, "0".repeat(40), Optional.empty(), Optional.empty()))
          .isInstanceOf(HubException.class);
    }
    standIn.repo("Bad/Paths").commit("main", List.of(StandInFile.text("../../evil.json", "{}")));
    assertThat(error("Bad/Paths")).contains("would lie outside of its folder");
  }
}
