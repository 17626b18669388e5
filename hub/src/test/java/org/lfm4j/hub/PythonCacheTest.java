package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Reads a cache that Python's huggingface_hub 2.4.0 wrote (python_client.py --fixture). */
class PythonCacheTest {
  private static final Path CACHE =
      Path.of(System.getProperty("lfm4j.root"), "hub/src/test/fixtures/python-cache");
  private static final ModelReference TINY = ModelReference.parse("LiquidAI/Tiny");

  private final HubSettings settings =
      TestHub.offline(TestHub.settings(URI.create("http://127.0.0.1:1"), CACHE, Optional.empty()));
  private final Hub hub = new Hub(settings);

  @Test
  void theSnapshotIsFoundAndRight() throws Exception {
    Snapshot snapshot = hub.find(TINY).orElseThrow();
    assertThat(snapshot.files())
        .extracting(RepoFile::path)
        .containsExactly("config.json", "model.safetensors", "sub/notes.txt", "tokenizer.json");
    assertThat(snapshot.model()).isEqualTo(snapshot.directory());
    assertThat(snapshot.directory().resolve("sub/notes.txt")).hasContent("in a folder");
    assertThat(hub.cache().verify(TINY, PullListener.SILENT).problems()).isEmpty();
    assertThat(hub.pull(TINY, Selection.ALL, PullListener.SILENT)).isEqualTo(snapshot);
  }

  @Test
  void itIsListedWithTheSharedBlobAndTheAbsentFile() {
    List<CachedModel> models = hub.cache().models();
    assertThat(models).hasSize(1);
    CachedModel.CachedRevision revision = models.getFirst().revisions().getFirst();
    assertThat(revision.refs()).containsExactly("main");
    assertThat(revision.complete()).isTrue();
    assertThat(revision.bytes()).isEqualTo(3_015);
    RepoCache cache = new RepoCache(settings, TINY.repo());
    assertThat(cache.knownAbsent(revision.commit(), "vocab.json")).isTrue();
    RepoFile shared = cache.tree(revision.commit()).orElseThrow().file("model.safetensors").get();
    assertThat(Files.isSymbolicLink(cache.blob(shared))).isTrue();
    assertThat(cache.holdsBlob(shared)).isTrue();
  }
}
