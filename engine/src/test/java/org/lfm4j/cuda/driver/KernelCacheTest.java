package org.lfm4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kernels on disk. */
class KernelCacheTest {
  private static final Architecture HOPPER = Architecture.of(90);
  private static final KernelSource SOURCE = KernelCompilerTest.scale("float");

  @TempDir Path folder;

  @BeforeEach
  void nvrtc() {
    assumeTrue(Nvrtc.find().isPresent(), Nvrtc.absence());
  }

  @Test
  void theSecondTimeTheFileIsRead() throws IOException {
    KernelCache cache = new KernelCache(folder.resolve("kernels"));
    byte[] first = cache.cubin(SOURCE, HOPPER);
    Path file = onlyFile(folder.resolve("kernels"));
    // Another cubin with its right hash: were the source compiled again, it wouldn't be answered.
    KernelCache other = new KernelCache(folder.resolve("other"));
    byte[] different = other.cubin(SOURCE.define("FACTOR", "3.0f"), HOPPER);
    Files.copy(onlyFile(folder.resolve("other")), file, replace());
    assertThat(cache.cubin(SOURCE, HOPPER)).isEqualTo(different).isNotEqualTo(first);
  }

  @Test
  void aDamagedFileIsCompiledAgainAndReplaced() throws IOException {
    KernelCache cache = new KernelCache(folder);
    byte[] first = cache.cubin(SOURCE, HOPPER);
    Path file = onlyFile(folder);
    byte[] good = Files.readAllBytes(file);
    byte[] flipped = good.clone();
    flipped[good.length / 2] ^= 1;
    for (byte[] damaged : List.of(flipped, new byte[0], new byte[] {1, 2, 3})) {
      Files.write(file, damaged);
      assertThat(cache.cubin(SOURCE, HOPPER)).isEqualTo(first);
      assertThat(file).hasBinaryContent(good);
    }
  }

  @Test
  void everythingThatGoesInIsInTheKey() {
    List<String> keys =
        List.of(
            KernelCache.key(SOURCE, HOPPER),
            KernelCache.key(KernelCompilerTest.scale("double"), HOPPER),
            KernelCache.key(SOURCE.define("FACTOR", "3.0f"), HOPPER),
            KernelCache.key(SOURCE.define("FACTORS", "2.0f"), HOPPER),
            KernelCache.key(SOURCE, Architecture.of(80)),
            KernelCache.key(SOURCE, Architecture.portable(90)),
            KernelCache.key(KernelSource.of("scale.cu", "void f() {}"), HOPPER),
            KernelCache.key(KernelSource.of("other.cu", "void f() {}"), HOPPER));
    assertThat(keys).doesNotHaveDuplicates();
    assertThat(KernelCache.key(KernelCompilerTest.scale("float"), HOPPER))
        .isEqualTo(keys.getFirst());
  }

  @Test
  void severalAreCompiledSideBySideAndKeepTheirOrder() {
    KernelCache cache = new KernelCache(folder);
    List<KernelSource> sources =
        IntStream.range(1, 6).mapToObj(i -> SOURCE.define("FACTOR", i)).toList();
    Map<KernelSource, byte[]> cubins = cache.cubins(sources, HOPPER);
    assertThat(cubins.keySet()).containsExactlyElementsOf(sources);
    sources.forEach(
        source -> assertThat(cubins.get(source)).isEqualTo(cache.cubin(source, HOPPER)));
  }

  @Test
  void oneOfSeveralThatDoesNotCompileIsReported() {
    KernelSource broken = KernelSource.of("broken.cu", "nonsense");
    assertThatThrownBy(() -> new KernelCache(folder).cubins(List.of(SOURCE, broken), HOPPER))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("broken.cu(1)");
  }

  @Test
  void aFolderThatCannotBeMadeOnlyCostsTime() throws IOException {
    Path file = Files.createFile(folder.resolve("a-file"));
    KernelCache cache = new KernelCache(file.resolve("kernels"));
    assertThat(cache.cubin(SOURCE, HOPPER)).isEqualTo(KernelCompiler.compile(SOURCE, HOPPER));
  }

  private static Path onlyFile(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .reduce((_, _) -> {
            throw new AssertionError("more than one file in " + folder);
          })
          .orElseThrow();
    }
  }

  private static CopyOption replace() {
    return StandardCopyOption.REPLACE_EXISTING;
  }
}
