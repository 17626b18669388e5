package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Downloads from a Hub that works. */
class PullTest {
  @TempDir Path cache;
  private HubStandIn standIn;
  private String commit;

  @BeforeEach
  void publish() throws IOException {
    standIn = new HubStandIn();
    commit = standIn.repo(Models.NAME).commit("main", Models.files());
  }

  @AfterEach
  void close() {
    standIn.close();
  }

  private TestHub hub() {
    return new TestHub(standIn.endpoint(), cache, Optional.of(HubStandIn.TOKEN));
  }

  @Test
  void theCacheIsLaidOutAsPythonsIs() throws Exception {
    Snapshot snapshot = hub().pull(Models.NAME);
    Models.assertSameBytes(snapshot, Models.files());
    assertThat(snapshot.files()).hasSize(Models.files().size() - 1);
    Path folder = cache.resolve("models--LiquidAI--LFM2-Test");
    assertThat(snapshot.directory()).isEqualTo(folder.resolve("snapshots").resolve(commit));
    assertThat(folder.resolve("refs/main")).hasContent(commit);
    assertThat(cache.resolve("CACHEDIR.TAG")).content().startsWith("Signature: 8a477f597d28d17");
    StandInFile first = Models.files().get(5);
    assertThat(Files.readSymbolicLink(snapshot.directory().resolve(first.path())))
        .isEqualTo(Path.of("../../blobs", first.sha256()));
    assertThat(Files.readSymbolicLink(snapshot.directory().resolve("notes/über uns+1.txt")))
        .isEqualTo(Path.of("../../../blobs", Models.files().get(8).blobId()));
    assertThat(cache.resolve(".locks/models--LiquidAI--LFM2-Test/" + first.sha256() + ".lock"))
        .isEmptyFile();
    try (Stream<Path> blobs = Files.list(folder.resolve("blobs"))) {
      assertThat(blobs.map(blob -> blob.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              snapshot.files().stream().map(RepoFile::etag).toList());
    }
    assertThat(TreeCache.read(folder, ModelReference.parse(Models.NAME).repo(), commit))
        .hasValueSatisfying(tree -> assertThat(tree.files()).hasSize(Models.files().size()));
  }

  @Test
  void aSecondPullFetchesNothing() throws Exception {
    hub().pull(Models.NAME);
    standIn.requests.clear();
    long served = standIn.storage.bytesServed.get();
    hub().pull(Models.NAME);
    assertThat(standIn.requests)
        .extracting(Seen::path)
        .containsExactly("/api/models/LiquidAI/LFM2-Test/revision/main");
    standIn.requests.clear();
    hub().pull(Models.NAME + "@" + commit);
    hub().hub.ensure(ModelReference.parse(Models.NAME), PullListener.SILENT);
    assertThat(standIn.requests).isEmpty();
    assertThat(standIn.storage.bytesServed).hasValue(served);
  }

  @Test
  void aNewCommitSharesWhatIsUnchanged() throws Exception {
    hub().pull(Models.NAME);
    List<StandInFile> changed =
        Models.files().stream()
            .map(file ->
                file.path().equals("config.json") ? StandInFile.text("config.json", "{}") : file)
            .toList();
    String next = standIn.repo(Models.NAME).commit("main", changed);
    long served = standIn.storage.bytesServed.get();
    Snapshot snapshot = hub().pull(Models.NAME);
    assertThat(snapshot.commit()).isEqualTo(next);
    Models.assertSameBytes(snapshot, changed);
    assertThat(standIn.storage.bytesServed).hasValue(served);
    assertThat(hub().hub.find(ModelReference.parse(Models.NAME + "@" + commit))).isPresent();
  }

  @Test
  void theTokenStaysWithTheHub() throws Exception {
    hub().pull(Models.NAME);
    assertThat(standIn.requests)
        .allSatisfy(seen -> assertThat(seen.authorization()).hasValue("Bearer hf_GoodToken"));
    assertThat(standIn.storage.requests)
        .isNotEmpty()
        .allSatisfy(seen -> assertThat(seen.authorization()).isEmpty());
    assertThat(standIn.requests)
        .allSatisfy(seen -> assertThat(seen.encoding()).hasValue("identity"));
  }

  @Test
  void oneFileComesOverSeveralConnectionsAtOnce() throws Exception {
    CountDownLatch together = new CountDownLatch(3);
    standIn.storage.onRequest =
        () -> {
          together.countDown();
          try {
            assertThat(together.await(60, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    Snapshot snapshot =
        hub().pull(Models.NAME, Selection.matching(List.of("model-00001-of-00002.safetensors")));
    assertThat(together.getCount()).isZero();
    Models.assertSameBytes(snapshot, Models.files());
    assertThat(standIn.storage.bytesServed).hasValue(100_000);
  }

  @Test
  void aRenamedRepositoryIsFollowedAndKeptUnderTheNameAsked() throws Exception {
    standIn.rename("Old/Name", Models.NAME);
    TestHub hub = hub();
    Snapshot snapshot = hub.pull("Old/Name");
    Models.assertSameBytes(snapshot, Models.files());
    assertThat(cache.resolve("models--Old--Name/refs/main")).hasContent(commit);
    assertThat(hub.notices)
        .containsExactly(
            "Old/Name is called LiquidAI/LFM2-Test on the Hub now; it is kept here as Old/Name.");
  }

  @Test
  void branchesTagsAndCommitsAreRevisions() throws Exception {
    String pr = standIn.repo(Models.NAME).commit("refs/pr/1", List.of(Models.files().get(5)));
    assertThat(hub().pull(Models.NAME + "@refs/pr/1").commit()).isEqualTo(pr);
    assertThat(cache.resolve("models--LiquidAI--LFM2-Test/refs/refs/pr/1")).hasContent(pr);
    assertThat(hub().pull(Models.NAME + "@" + commit).commit()).isEqualTo(commit);
    assertThat(cache.resolve("models--LiquidAI--LFM2-Test/refs/" + commit)).doesNotExist();
  }

  @Test
  void quantizationsArePicked() throws Exception {
    standIn.repo(Models.GGUF).commit("main", Models.ggufFiles());
    Snapshot usual = hub().pull(Models.GGUF);
    assertThat(usual.model()).isEqualTo(usual.directory().resolve("LFM2-Test-Q4_K_M.gguf"));
    Snapshot small = hub().pull(Models.GGUF + ":q4_0");
    assertThat(small.files()).extracting(RepoFile::path).containsExactly("LFM2-Test-Q4_0.gguf");
    Models.assertSameBytes(small, Models.ggufFiles());
    assertThat(standIn.storage.bytesServed).hasValue(21_000);
    assertThatThrownBy(() -> hub().pull(Models.GGUF + ":Q3_K_S"))
        .hasMessage(
            "LiquidAI/LFM2-Test-GGUF has no .gguf file in Q3_K_S: it has BF16, Q4_0, Q4_K_M.");
    assertThatThrownBy(() -> hub().pull(Models.NAME + ":Q4_K_M"))
        .hasMessage(
            "LiquidAI/LFM2-Test has no .gguf files: leave out ':Q4_K_M', or try LiquidAI/LFM2-Test-GGUF:Q4_K_M.");
  }

  @Test
  void patternsAndAbsentFiles() throws Exception {
    Snapshot snapshot = hub().pull(Models.NAME, Selection.matching(List.of("*.json", "onnx/")));
    assertThat(snapshot.files())
        .extracting(RepoFile::path)
        .containsExactly(
            "config.json", "model.safetensors.index.json", "onnx/model.onnx", "tokenizer.json");
    assertThat(hub().hub.find(ModelReference.parse(Models.NAME))).isEmpty();
    Selection absent = Selection.matching(List.of("vocab.json"));
    assertThatThrownBy(() -> hub().pull(Models.NAME, absent))
        .hasMessageContaining("LiquidAI/LFM2-Test has no file that matches 'vocab.json'");
    assertThat(cache.resolve("models--LiquidAI--LFM2-Test/.no_exist/" + commit + "/vocab.json"))
        .isEmptyFile();
    Files.delete(cache.resolve("models--LiquidAI--LFM2-Test/trees/" + commit + ".json"));
    TestHub offline = new TestHub(TestHub.offline(hub().settings), folder -> 0);
    assertThatThrownBy(() -> offline.pull(Models.NAME, absent))
        .hasMessage("LiquidAI/LFM2-Test has no file vocab.json.");
  }

  @Test
  void withoutLinksSnapshotsHoldTheFiles() throws Exception {
    List<StandInFile> files =
        List.of(
            StandInFile.random("a.safetensors", 3_000, StandInFile.Kind.LFS),
            new StandInFile(
                "b.safetensors",
                StandInFile.random("a.safetensors", 3_000, StandInFile.Kind.LFS).content(),
                StandInFile.Kind.LFS));
    standIn.repo("Some/Twins").commit("main", files);
    TestHub hub = new TestHub(TestHub.withoutLinks(hub().settings), folder -> Long.MAX_VALUE);
    Snapshot snapshot = hub.pull("Some/Twins");
    Models.assertSameBytes(snapshot, files);
    assertThat(snapshot.directory().resolve("b.safetensors")).isRegularFile();
    assertThat(Files.isSymbolicLink(snapshot.directory().resolve("b.safetensors"))).isFalse();
    assertThat(standIn.storage.bytesServed).hasValue(3_000);
    standIn.requests.clear();
    hub.pull("Some/Twins");
    assertThat(standIn.requests).hasSize(1);
  }

  @Test
  void aMirrorWithoutLinkedHeadersServesToo() throws Exception {
    standIn.linkedEtags = false;
    Models.assertSameBytes(hub().pull(Models.NAME), Models.files());
  }
}
