package org.lfm4j.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A downloading process is killed, at any byte, and the next one goes on. */
@Timeout(300)
class KillTest {
  private static final int KILLS = 4;

  @TempDir Path cache;

  @Test
  void aKilledDownloadGoesOn() throws Exception {
    List<StandInFile> files =
        List.of(
            StandInFile.random("model-1.safetensors", 400_000, StandInFile.Kind.XET),
            StandInFile.random("model-2.safetensors", 300_000, StandInFile.Kind.LFS));
    int size = 700_000;
    Random random = new Random(7);
    try (HubStandIn standIn = new HubStandIn()) {
      standIn.repo(Models.NAME).commit("main", files);
      for (int kill = 0; kill < KILLS; kill++) {
        long from = standIn.storage.bytesServed.get() + 4_096 + random.nextInt(size / 8);
        long kept = keptBlocks(files);
        CompletableFuture<Process> running = new CompletableFuture<>();
        standIn.storage.onBytes =
            served -> {
              if (served > from) {
                awaitMoreThan(kept, files);
                running.join().destroyForcibly();
              }
            };
        running.complete(start(standIn));
        assertThat(output(running.join())).isEmpty();
        assertThat(running.join().waitFor()).isNotZero();
      }
      long before = standIn.storage.bytesServed.get();
      standIn.storage.onBytes = served -> {};
      Process last = start(standIn);
      assertThat(output(last)).contains("models--LiquidAI--LFM2-Test/snapshots/");
      assertThat(last.waitFor()).isZero();
      // What was on its way to the client killed last may be counted only now: a block at most.
      assertThat(standIn.storage.bytesServed.get() - before)
          .isLessThanOrEqualTo(size - (KILLS - 1) * TestHub.BLOCK_BYTES);
      TestHub hub = new TestHub(standIn.endpoint(), cache, Optional.empty());
      Models.assertSameBytes(hub.hub.find(ModelReference.parse(Models.NAME)).orElseThrow(), files);
      assertThat(hub.hub.cache().verify(ModelReference.parse(Models.NAME), PullListener.SILENT))
          .satisfies(check -> assertThat(check.problems()).isEmpty());
    }
  }

  /** What was served may still be in a pipe: only what a client has noted is kept for sure. */
  private void awaitMoreThan(long blocks, List<StandInFile> files) {
    try {
      for (int i = 0; i < 10_000 && keptBlocks(files) <= blocks; i++) {
        Thread.sleep(5);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long keptBlocks(List<StandInFile> files) throws IOException {
    Path blobs = cache.resolve("models--LiquidAI--LFM2-Test/blobs");
    long blocks = 0;
    for (StandInFile file : files) {
      Path journal = blobs.resolve(file.etag() + ".lfm4j.blocks.incomplete");
      if (Files.exists(journal)) {
        blocks += lines(journal, file);
      } else if (Files.exists(blobs.resolve(file.etag()))) {
        blocks += most(file);
      }
    }
    return blocks;
  }

  private static long lines(Path journal, StandInFile file) throws IOException {
    try {
      // A line without its end is not yet written.
      return Files.readString(journal).chars().filter(c -> c == '\n').count();
    } catch (NoSuchFileException e) {
      // The file was finished just now.
      return most(file);
    }
  }

  private static long most(StandInFile file) {
    return file.content().length / TestHub.BLOCK_BYTES + 2;
  }

  private static String output(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  private Process start(HubStandIn standIn) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                "org.lfm4j.hub.PullMain",
                Models.NAME)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().removeIf(name -> name.startsWith("HF_"));
    builder.environment().put("HF_ENDPOINT", standIn.endpoint().toString());
    builder.environment().put("HF_HUB_CACHE", cache.toString());
    builder.environment().put("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    return builder.start();
  }
}
