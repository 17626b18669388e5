package org.lfm4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What a machine answers about CUDA, whether it has it or not. */
class CudaTest {
  @Test
  void thereIsEitherCudaOrOneLineThatSaysWhyNot() {
    assertThat(Cuda.find().isPresent()).isEqualTo(Cuda.absence().isEmpty());
    assertThat(Cuda.absence()).doesNotContain("\n");
  }

  @Test
  void aMachineWithoutADriverSaysWhatToInstall() {
    assumeTrue(Driver.Library.FOUND.isEmpty(), "this machine has the NVIDIA driver");
    assertThat(Cuda.find()).isEmpty();
    assertThat(Cuda.absence())
        .startsWith("no GPU: ")
        .contains("libcuda.so.1 was not found")
        .contains("install the NVIDIA driver");
    assertThatThrownBy(Cuda::require).isInstanceOf(CudaException.class).hasMessage(Cuda.absence());
  }

  @Test
  void theReportOfAMachineWithoutAGpuIsItsReason() {
    assumeTrue(Cuda.find().isEmpty(), "this machine has a GPU");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    assertThat(CudaReport.print(out)).isFalse();
    assertThat(bytes.toString(StandardCharsets.UTF_8).strip()).isEqualTo(Cuda.absence());
  }

  @Test
  void messagesNameCallDeviceAndCode() {
    CudaException e =
        new CudaException(2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory", "cuMemAlloc_v2", 1);
    assertThat(e)
        .hasMessage("cuMemAlloc_v2 failed on GPU 1: CUDA_ERROR_OUT_OF_MEMORY (2): out of memory");
    assertThat(e.isOutOfMemory()).isTrue();
  }
}
