package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads that end at any point go on from there. */
class ResumeTest {
  private static final StandInFile FILE =
      StandInFile.random("model.safetensors", 300_000, StandInFile.Kind.XET);

  @TempDir Path cache;
  private HubStandIn standIn;

  @BeforeEach
  void publish() throws IOException {
    standIn = new HubStandIn();
    standIn.repo(Models.NAME).commit("main", List.of(FILE));
  }

  @AfterEach
  void close() {
    standIn.close();
  }

  private static final class Aborted extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private TestHub hub() {
    return new TestHub(standIn.endpoint(), cache, Optional.empty());
  }

  /** Pulls until so many bytes have come. */
  private void pullPartOf(long bytes) {
    AtomicLong left = new AtomicLong(bytes);
    PullListener abort =
        new PullListener() {
          @Override
          public void transferred(long count) {
            if (left.addAndGet(-count) < 0) {
              throw new Aborted();
            }
          }
        };
    ModelReference model = ModelReference.parse(Models.NAME);
    assertThatThrownBy(() -> hub().hub.pull(model, Selection.ALL, abort))
        .isInstanceOf(Aborted.class);
  }

  private Path partial(String end) {
    return cache.resolve("models--LiquidAI--LFM2-Test/blobs/" + FILE.sha256() + end);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void nothingThatWasFinishedIsFetchedAgain(int seed) throws Exception {
    Random random = new Random(seed);
    for (int i = 0; i < 5; i++) {
      pullPartOf(random.nextInt(40_000));
      if (random.nextBoolean()) {
        standIn.storage.faults.add(new Fault.Cut(random.nextInt(20_000)));
      }
    }
    AtomicLong found = new AtomicLong();
    AtomicLong transferred = new AtomicLong();
    PullListener count =
        new PullListener() {
          @Override
          public void found(long bytes) {
            found.addAndGet(bytes);
          }

          @Override
          public void transferred(long bytes) {
            transferred.addAndGet(bytes);
          }
        };
    Snapshot snapshot = hub().hub.pull(ModelReference.parse(Models.NAME), Selection.ALL, count);
    Models.assertSameBytes(snapshot, List.of(FILE));
    assertThat(found.get() + transferred.get()).isEqualTo(FILE.content().length);
  }

  @Test
  void aTornJournalAndLostBytesAreNoticed() throws Exception {
    pullPartOf(200_000);
    Path journal = partial(".lfm4j.blocks.incomplete");
    int finished = Files.readAllLines(journal).size() - 1;
    assertThat(finished).isGreaterThan(50);
    String torn = "29";
    Files.writeString(journal, torn, StandardOpenOption.APPEND);
    // As after a power failure: the journal says that a block is there, and it is zeros.
    String block = Files.readAllLines(journal).get(1).split(" ")[0];
    try (RandomAccessFile data =
        new RandomAccessFile(partial(".lfm4j.incomplete").toFile(), "rw")) {
      data.seek(Long.parseLong(block) * TestHub.BLOCK_BYTES);
      data.write(new byte[TestHub.BLOCK_BYTES]);
    }
    AtomicLong found = new AtomicLong();
    PullListener count =
        new PullListener() {
          @Override
          public void found(long bytes) {
            found.addAndGet(bytes);
          }
        };
    Snapshot snapshot = hub().hub.pull(ModelReference.parse(Models.NAME), Selection.ALL, count);
    Models.assertSameBytes(snapshot, List.of(FILE));
    assertThat(found.get()).isBetween((finished - 2L) * 1024, (finished - 1L) * 1024);
    assertThat(journal).doesNotExist();
  }

  @Test
  void leftoversCountForTheSpaceThatIsNeeded() throws Exception {
    pullPartOf(200_000);
    HubSettings settings = hub().settings;
    long margin = 64 << 20;
    TestHub tight = new TestHub(settings, folder -> margin + 150_000);
    Models.assertSameBytes(tight.pull(Models.NAME), List.of(FILE));
  }

  @Test
  void aJournalOfAnotherFileIsNotUsed() throws Exception {
    pullPartOf(200_000);
    Path journal = partial(".lfm4j.blocks.incomplete");
    Files.writeString(journal, Files.readString(journal).replaceFirst("300000", "300001"));
    Models.assertSameBytes(hub().pull(Models.NAME), List.of(FILE));
  }

  @Test
  void twoPullsAtOnceDownloadOnce() throws Exception {
    Thread other =
        Thread.ofVirtual()
            .start(() -> {
              try {
                hub().pull(Models.NAME);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    Models.assertSameBytes(hub().pull(Models.NAME), List.of(FILE));
    other.join();
    assertThat(standIn.storage.bytesServed).hasValue(FILE.content().length);
  }
}
