package org.lfm4j.cuda;

import java.util.Random;
import java.util.stream.IntStream;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.checkpoint.PublishedModel;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/** Times steps of a published shape with dummy weights: MODEL portable|auto decode sizes... */
final class StepSpeed {
  private static final int PROMPT = 4096;

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
    for (int round = 0; round < 12; round++) {
      Batch batch = new Batch(8192, most);
      for (int from = 0; from < tokens; from += PROMPT) {
        int length = Math.min(PROMPT, tokens - from);
        int firstPage = from / 64;
        int[] pages = IntStream.range(firstPage, firstPage + Math.ceilDiv(length, 64)).toArray();
        batch.addSequence(0, pages, pages.length);
        for (int t = 0; t < length; t++) {
          batch.addRow(random.nextInt(config.vocabSize()), t == length - 1);
        }
      }
      StepResult result = new StepResult(batch.logitCount(), config.vocabSize());
      long begin = System.nanoTime();
      runner.step(batch, result);
      best = Math.min(best, (System.nanoTime() - begin) / 1e6);
    }
    System.out.printf("prefill %d: %.2f ms, %.0f tok/s%n", tokens, best, tokens / best * 1e3);
  }

  private static void decode(CudaRunner runner, ModelConfig config, int size, int most) {
    Random random = new Random(1);
    StepResult result = new StepResult(size, config.vocabSize());
    double best = 1e9;
    double sum = 0;
    int rounds = 40;
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
