package org.lfm4j.cuda;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.lfm4j.cpu.RunnerContract;
import org.lfm4j.cpu.RunnerFactory;

/** With the portable kernels, which alone promise the same bits for every batch. */
@Tag("gpu")
class RunnerContractGpuTest extends RunnerContract {
  RunnerContractGpuTest() {
    super(
        GpuModels.MOE,
        List.of(
            new RunnerFactory(
                "cuda, portable", weights -> CudaRunnerGpuTest.open(weights, true), 0)));
  }
}
