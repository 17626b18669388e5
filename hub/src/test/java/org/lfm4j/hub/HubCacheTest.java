package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubCacheTest {
  @TempDir Path cache;
  private HubStandIn standIn;
  private TestHub hub;
  private HubCache cached;

  @BeforeEach
  void publish() throws IOException {
    standIn = new HubStandIn();
    standIn.repo(Models.NAME).commit("main", Models.files());
    standIn.repo(Models.GGUF).commit("main", Models.ggufFiles());
    hub = new TestHub(standIn.endpoint(), cache, Optional.empty());
    cached = hub.hub.cache();
  }

  @AfterEach
  void close() {
    standIn.close();
  }

  private Path folder(String name) {
    return cache.resolve("models--" + name.replace("/", "--"));
  }

  @Test
  void anEmptyCacheListsNothing() {
    assertThat(cached.models()).isEmpty();
    assertThatThrownBy(() -> cached.remove(ModelReference.parse(Models.NAME)))
        .hasMessage("LiquidAI/LFM2-Test is not in the cache: lfm list shows what is.");
  }

  @Test
  void modelsAreListed() throws Exception {
    Snapshot snapshot = hub.pull(Models.NAME);
    hub.pull(Models.GGUF + ":Q4_0");
    Files.writeString(folder(Models.GGUF).resolve("blobs/0a.1b2c3d4e.incomplete"), "12345");
    Files.createDirectories(cache.resolve("datasets--a--b"));
    List<CachedModel> models = cached.models();
    assertThat(models)
        .extracting(model -> model.repo().toString())
        .containsExactly(Models.NAME, Models.GGUF);
    CachedModel.CachedRevision first = models.getFirst().revisions().getFirst();
    assertThat(first.refs()).containsExactly("main");
    assertThat(first.complete()).isTrue();
    assertThat(first.bytes()).isEqualTo(snapshot.bytes());
    assertThat(models.getFirst().bytes()).isEqualTo(snapshot.bytes());
    CachedModel second = models.getLast();
    assertThat(second.revisions().getFirst().quantizations()).containsExactly("Q4_0");
    assertThat(second.incompleteBytes()).isEqualTo(5);
    assertThat(second.bytes()).isEqualTo(10_005);
    assertThat(cached.removeIncomplete(Optional.empty())).isEqualTo(5);
    assertThat(cached.models().getLast().incompleteBytes()).isZero();
  }

  @Test
  void repositoriesQuantizationsAndRevisionsAreRemoved() throws Exception {
    hub.pull(Models.GGUF + ":Q4_0");
    hub.pull(Models.GGUF + ":BF16");
    String next = standIn.repo(Models.GGUF).commit("main", Models.ggufFiles().subList(0, 2));
    hub.pull(Models.GGUF + ":Q4_0");
    assertThat(cached.remove(ModelReference.parse(Models.GGUF + ":bf16"))).isEqualTo(30_000);
    assertThat(cached.models().getFirst().revisions()).hasSize(2);
    assertThat(cached.remove(ModelReference.parse(Models.GGUF + "@" + next))).isZero();
    assertThat(folder(Models.GGUF).resolve("refs/main")).doesNotExist();
    assertThat(cached.models().getFirst().revisions()).hasSize(1);
    assertThat(cached.remove(ModelReference.parse(Models.GGUF))).isEqualTo(10_000);
    assertThat(folder(Models.GGUF)).doesNotExist();
    assertThat(cached.models()).isEmpty();
  }

  @Test
  void whatIsBeingDownloadedIsNotRemoved() throws Exception {
    hub.pull(Models.NAME);
    Path lock =
        cache.resolve(
            ".locks/models--LiquidAI--LFM2-Test/" + Models.files().get(5).etag() + ".lock");
    try (CacheLock _ = CacheLock.acquire(lock, PullListener.SILENT)) {
      assertThat(CacheLock.tryAcquire(lock)).isEmpty();
      assertThatThrownBy(() -> cached.remove(ModelReference.parse(Models.NAME)))
          .hasMessage("LiquidAI/LFM2-Test is being downloaded right now: stop that first.");
    }
    assertThat(cached.remove(ModelReference.parse(Models.NAME))).isPositive();
  }

  @Test
  void damageIsFoundAndRepaired() throws Exception {
    Snapshot snapshot = hub.pull(Models.NAME);
    ModelReference model = ModelReference.parse(Models.NAME);
    assertThat(cached.verify(model, PullListener.SILENT))
        .isEqualTo(
            new Verification(
                model.repo(),
                snapshot.commit(),
                snapshot.files().size(),
                snapshot.bytes(),
                List.of()));
    Path weights = snapshot.directory().resolve("model-00002-of-00002.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[12_345] ^= 1;
    Files.write(weights, bytes);
    Files.delete(snapshot.directory().resolve("config.json"));
    Files.writeString(snapshot.directory().resolve("README.md"), "longer than it should be");
    Verification damaged = cached.verify(model, PullListener.SILENT);
    assertThat(damaged.problems())
        .containsExactly(
            new Verification.Problem("README.md", "has 24 bytes instead of 10"),
            new Verification.Problem("config.json", "missing"),
            new Verification.Problem(
                "model-00002-of-00002.safetensors",
                "has other bytes than " + Models.files().get(6).sha256() + " stands for"));
    long served = standIn.storage.bytesServed.get();
    cached.discard(damaged);
    Models.assertSameBytes(hub.pull(Models.NAME), Models.files());
    assertThat(standIn.storage.bytesServed.get() - served).isEqualTo(70_001);
    assertThat(cached.verify(model, PullListener.SILENT).problems()).isEmpty();
  }

  @Test
  void withoutAListBlobNamesAreTheHashes() throws Exception {
    Snapshot snapshot = hub.pull(Models.NAME);
    Files.delete(folder(Models.NAME).resolve("trees/" + snapshot.commit() + ".json"));
    ModelReference model = ModelReference.parse(Models.NAME);
    assertThat(hub.hub.find(model)).isPresent();
    assertThat(cached.verify(model, PullListener.SILENT).files())
        .isEqualTo(snapshot.files().size());
    Files.delete(snapshot.directory().resolve("model-00002-of-00002.safetensors"));
    assertThat(hub.hub.find(model)).isEmpty();
  }

  /** Newer Python clients keep Xet files once for all repositories, and link blobs to them. */
  @Test
  void blobsThatLinkToASharedStoreAreUsedAndOnlyUnlinked() throws Exception {
    Snapshot snapshot = hub.pull(Models.NAME);
    StandInFile file = Models.files().get(5);
    Path blob = folder(Models.NAME).resolve("blobs/" + file.etag());
    Path store = cache.resolve("blobs/ab/" + file.xetHash());
    Files.createDirectories(store.getParent());
    Files.writeString(cache.resolve("blobs/.huggingface-shared-blobs"), "1\n");
    Files.move(blob, store);
    Files.createSymbolicLink(blob, blob.getParent().relativize(store));
    standIn.storage.requests.clear();
    Models.assertSameBytes(hub.pull(Models.NAME), Models.files());
    assertThat(standIn.storage.requests).isEmpty();
    Files.write(store, new byte[file.content().length]);
    ModelReference model = ModelReference.parse(Models.NAME);
    Verification damaged = cached.verify(model, PullListener.SILENT);
    assertThat(damaged.problems()).hasSize(1);
    cached.discard(damaged);
    Models.assertSameBytes(hub.pull(Models.NAME), Models.files());
    assertThat(store).hasBinaryContent(new byte[file.content().length]);
    assertThat(Files.isSymbolicLink(blob)).isFalse();
    assertThat(cached.models()).hasSize(1);
    cached.remove(model);
    assertThat(store).exists();
    assertThat(snapshot.directory()).doesNotExist();
  }
}
