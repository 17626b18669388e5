package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfm4j.checkpoint.PublishedModel;
import org.lfm4j.cuda.driver.Architecture;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.KernelSource;
import org.lfm4j.cuda.driver.Nvrtc;

/** Every kernel compiles for every architecture, wherever there is an NVRTC. */
class KernelsCompileTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(ints = {80, 90, 120})
  void everyKernelCompiles(int capability) {
    org.junit.jupiter.api.Assumptions.assumeTrue(Nvrtc.find().isPresent(), Nvrtc.absence());
    Architecture architecture = Architecture.of(capability);
    List<KernelSource> sources =
        List.copyOf(
            Kernels.sources(PublishedModel.of("LFM2-24B-A2B").config(), capability == 90)
                .sequencedValues());
    assertThat(new KernelCache(folder).cubins(sources, architecture)).hasSize(sources.size());
  }
}
