package org.lfm4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfm4j.cuda.DeviceWeights;

/** Compiling with NVRTC, which needs no GPU. Set LFM4J_NVRTC to run it where NVRTC is elsewhere. */
class KernelCompilerTest {
  private static final Architecture HOPPER = Architecture.of(90);
  private static final Architecture AMPERE = Architecture.of(80);
  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};

  private static final String SCALE =
      """
      #include "types.cuh"
      extern "C" __global__ void scale(real* x, int n) {
        int i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i < n) x[i] *= FACTOR;
      }
      """;

  @BeforeEach
  void nvrtc() {
    assumeTrue(Nvrtc.find().isPresent(), Nvrtc.absence());
  }

  @Test
  void aKernelWithAHeaderAndAMacroBecomesACubin() {
    byte[] cubin = KernelCompiler.compile(scale("float"), HOPPER);
    assertThat(cubin).startsWith(ELF);
    assertThat(new String(cubin, StandardCharsets.ISO_8859_1)).contains("scale");
  }

  @Test
  void errorsShowTheLogWithFileAndLine() {
    KernelSource broken = KernelSource.of("broken.cu", "// one\n__global__ void f() { x = 1; }\n");
    assertThatThrownBy(() -> KernelCompiler.compile(broken, HOPPER))
        .isInstanceOfSatisfying(
            CudaException.class,
            e -> {
              assertThat(e.name()).isEqualTo("NVRTC_ERROR_COMPILATION");
              assertThat(e.text()).contains("broken.cu(2)").contains("\"x\" is undefined");
            })
        .hasMessageStartingWith("compiling broken.cu with NVRTC failed")
        .hasMessageContaining("broken.cu(2)");
  }

  @Test
  void errorsInHeadersNameTheHeader() {
    assertThatThrownBy(() -> KernelCompiler.compile(scale("unknown_type"), HOPPER))
        .hasMessageContaining("types.cuh(1)");
  }

  @Test
  void anArchitectureThatNvrtcDoesNotKnowIsNamed() {
    assertThatThrownBy(
            () -> KernelCompiler.compile(scale("float"), new Architecture("sm_999", false)))
        .isInstanceOf(CudaException.class)
        .hasMessageContaining("NVRTC_ERROR_INVALID_OPTION");
  }

  @Test
  void portableSourcesSeeTheirMacro() {
    KernelSource source =
        KernelSource.of(
            "portable.cu",
            """
            #ifndef LFM4J_PORTABLE
            #error only portable
            #endif
            extern "C" __global__ void f() {}
            """);
    assertThat(KernelCompiler.compile(source, Architecture.portable(90))).startsWith(ELF);
    assertThatThrownBy(() -> KernelCompiler.compile(source, HOPPER))
        .hasMessageContaining("only portable");
  }

  @Test
  void ourHeadersCompileForTheirArchitectures() {
    KernelSource dummy = KernelSource.resource(DeviceWeights.class, "dummy.cu");
    assertThat(KernelCompiler.compile(dummy, AMPERE)).startsWith(ELF);
    KernelSource common = including("common.cuh");
    assertThat(KernelCompiler.compile(common, AMPERE)).startsWith(ELF);
    assertThat(KernelCompiler.compile(including("hopper.cuh"), HOPPER)).startsWith(ELF);
  }

  private static KernelSource including(String header) {
    KernelSource source =
        KernelSource.of(
            "include.cu",
            "#include \"%s\"\nextern \"C\" __global__ void f() {}\n".formatted(header));
    for (String name : List.of("common.cuh", "hopper.cuh")) {
      source = source.header(name, KernelSource.resource(DeviceWeights.class, name).text());
    }
    return source;
  }

  static KernelSource scale(String type) {
    return KernelSource.of("scale.cu", SCALE)
        .header("types.cuh", "typedef %s real;\n".formatted(type))
        .define("FACTOR", "2.0f");
  }
}
