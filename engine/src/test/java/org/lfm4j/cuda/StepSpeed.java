package org.lfm4j.cuda;

import java.util.Random;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.PublishedModel;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/** Times steps of a published shape with dummy weights: MODEL portable|auto decode sizes... */
final class StepSpeed {
  private StepSpeed() {}

  public static void main(String[] args) {
    ModelConfig config = PublishedModel.of(args[0]).config();
    boolean portable = args[1].equals("portable");
    long begin = System.nanoTime();
    Context context = Cuda.require().device(0).open();
    DeviceWeights weights = DeviceWeights.dummy(context, config, KernelCache.ofUser(), 1);
    say("weights", begin);
    begin = System.nanoTime();
    try (CudaRunner runner =
        new CudaRunner(context, config, weights, KernelCache.ofUser(), portable)) {
      say("kernels", begin);
      int most = 512;
      runner.allocate(10 * most, 8192, most);
      for (int i = 2; i < args.length; i++) {
        int size = Integer.parseInt(args[i]);
        if (size < 0) {
          prefill(runner, config, -size, most);
        } else {
          decode(runner, config, size, most);
        }
      }
    }
  }

  private static void say(String what, long begin) {
    System.out.printf("%s %.2f s%n", what, (System.nanoTime() - begin) / 1e9);
  }

  private static void prefill(CudaRunner runner, ModelConfig config, int tokens, int most) {
    Random random = new Random(1);
    double best = 1e9;
    for (int round = 0; round < 4; round++) {
      Batch batch = new Batch(8192, most);
      int[] pages = new int[tokens / 64 + 1];
      for (int p = 0; p < pages.length; p++) {
        pages[p] = p;
      }
      batch.addSequence(0, pages, pages.length);
      for (int t = 0; t < tokens; t++) {
        batch.addRow(random.nextInt(config.vocabSize()), t == tokens - 1);
      }
      long begin = System.nanoTime();
      runner.step(batch, new StepResult(1, config.vocabSize()));
      best = Math.min(best, (System.nanoTime() - begin) / 1e6);
    }
    System.out.printf("prefill %d: %.2f ms, %.0f tok/s%n", tokens, best, tokens / best * 1e3);
  }

  private static void decode(CudaRunner runner, ModelConfig config, int size, int most) {
    Random random = new Random(1);
    StepResult result = new StepResult(size, config.vocabSize());
    double best = 1e9;
    double sum = 0;
    int rounds = 12;
    for (int round = 0; round < rounds; round++) {
      Batch batch = new Batch(8192, most);
      for (int s = 0; s < size; s++) {
        int[] pages = {10 * s, 10 * s + 1, 10 * s + 2, 10 * s + 3};
        batch.addSequence(128 + round, pages, 4);
        batch.addRow(random.nextInt(config.vocabSize()), true);
      }
      long begin = System.nanoTime();
      runner.step(batch, result);
      double ms = (System.nanoTime() - begin) / 1e6;
      if (round >= 4) {
        best = Math.min(best, ms);
        sum += ms / (rounds - 4);
      }
    }
    System.out.printf(
        "decode %d: best %.3f ms, mean %.3f ms, %.0f tok/s%n", size, best, sum, size / best * 1e3);
  }
}
