package org.lfm4j.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.lfm4j.checkpoint.Checkpoint;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.TinyModels;
import org.lfm4j.cuda.driver.Architecture;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.KernelModule;
import org.lfm4j.cuda.driver.KernelSource;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.engine.Engine;
import org.lfm4j.engine.EngineConfig;
import org.lfm4j.engine.EngineException;
import org.lfm4j.engine.Request;
import org.lfm4j.engine.TokenStream;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.SamplingParams;

/**
 * Breaks the GPU's context under a running engine and prints what becomes of it, a line each. A
 * program, because no context of its process can be used afterwards.
 *
 * <p>Argument: {@code address} for a kernel that writes where nothing is, {@code trap} for one that
 * gives up.
 */
public final class DeviceFault {
  private static final String KERNELS =
      """
      extern "C" __global__ void address(int* nowhere) { *nowhere = 1; }
      extern "C" __global__ void trap(int* nowhere) { asm volatile("trap;"); }
      """;
  private static final long NOWHERE = 16;

  private DeviceFault() {}

  /** Runs it. */
  public static void main(String[] arguments) throws InterruptedException {
    try (Checkpoint checkpoint = TinyModels.inMemory(GpuModels.MOE, 3)) {
      Trap trap = new Trap(CudaRunnerGpuTest.open(checkpoint, true), arguments[0]);
      Engine engine = new Engine(trap, new EngineConfig(100, 64, 2, 100, true, false));
      List<TokenStream> streams = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        streams.addAll(
            engine.submit(new Request(new int[] {i}, SamplingParams.GREEDY, 1000, Set.of())));
      }
      streams.getFirst().next();
      trap.armed.set(true);
      for (TokenStream stream : streams) {
        System.out.println("request: " + failure(stream));
      }
      System.out.println("alive: " + engine.isAlive());
      try {
        engine.submit(new Request(new int[] {1}, SamplingParams.GREEDY, 1, Set.of()));
        System.out.println("submitted");
      } catch (IllegalStateException e) {
        System.out.println("submit: " + e.getMessage());
      }
      engine.close();
      System.out.println("closed");
    }
  }

  private static String failure(TokenStream stream) throws InterruptedException {
    try {
      while (stream.next() != TokenStream.END) {}
      return "ended as if nothing had happened";
    } catch (EngineException e) {
      return e.getMessage();
    }
  }

  /** Launches the kernel before a step, once armed. */
  private static final class Trap implements Runner {
    private final Runner runner;
    private final String kernel;
    final AtomicBoolean armed = new AtomicBoolean();

    Trap(Runner runner, String kernel) {
      this.runner = runner;
      this.kernel = kernel;
    }

    private void springIfArmed() {
      if (armed.get()) {
        Context context = Cuda.require().device(0).open();
        Architecture architecture = Architecture.of(context.device());
        KernelModule module =
            context.load(
                KernelCache.ofUser().cubin(KernelSource.of("fault.cu", KERNELS), architecture));
        Stream stream = context.stream();
        module.kernel(kernel).call().address(NOWHERE).grid(1).block(1).build().launch(stream);
      }
    }

    @Override
    public void step(Batch batch, StepResult result) {
      springIfArmed();
      runner.step(batch, result);
    }

    @Override
    public boolean overlapsSteps() {
      return runner.overlapsSteps();
    }

    @Override
    public void begin(Batch batch) {
      springIfArmed();
      runner.begin(batch);
    }

    @Override
    public void await(StepResult result) {
      runner.await(result);
    }

    @Override
    public ModelConfig config() {
      return runner.config();
    }

    @Override
    public CacheSpec cacheSpec() {
      return runner.cacheSpec();
    }

    @Override
    public long workspaceBytes(int maxRows, int maxLogitRows) {
      return runner.workspaceBytes(maxRows, maxLogitRows);
    }

    @Override
    public void allocate(int pages, int maxRows, int maxLogitRows) {
      runner.allocate(pages, maxRows, maxLogitRows);
    }

    @Override
    public boolean choosesTokens() {
      return runner.choosesTokens();
    }

    @Override
    public void allocateSlots(int slots) {
      runner.allocateSlots(slots);
    }

    @Override
    public void copyPage(int from, int to) {
      runner.copyPage(from, to);
    }

    @Override
    public void close() {
      runner.close();
    }
  }
}
