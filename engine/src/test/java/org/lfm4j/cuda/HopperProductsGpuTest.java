package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.Stream;

/** The products for Hopper beside sums in double precision, on sizes around every choice. */
@Tag("gpu")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class HopperProductsGpuTest {
  /** Rounding to BF16 alone gives up to 2e-3 of the norm; a wrong sum gives more than 1e-2. */
  private static final double TOLERANCE = 4e-3;

  private static final int[] TOKENS = {1, 4, 5, 8, 13, 17, 33, 65, 100, 129, 256, 300, 1029};
  private static final int SAMPLES = 20;
  private static final int SPARE_ROWS = 3;

  private final Random random = new Random(7);
  private final Arena arena = Arena.ofConfined();
  private final List<DeviceMemory> allocated = new ArrayList<>();
  private final Context context = Cuda.require().device(0).open();
  private final Stream stream = context.stream();
  private final Kernels kernels =
      Kernels.load(
          context,
          ModelConfigReader.parse("config.json", GpuModels.MOE),
          KernelCache.ofUser(),
          false);

  @BeforeEach
  void onHopper() {
    assumeTrue(kernels.hopper(), "not a Hopper GPU");
  }

  @AfterEach
  void free() {
    allocated.forEach(DeviceMemory::close);
    allocated.clear();
  }

  @AfterAll
  void close() {
    kernels.close();
    stream.close();
    context.close();
    arena.close();
  }

  /** BF16 numbers on the device and what they are. */
  private record Numbers(float[] values, long address) {}

  private enum Product {
    DENSE,
    LOGITS,
    GATED
  }

  @ParameterizedTest
  @CsvSource({
    "DENSE,320,256", "DENSE,1000,96", "DENSE,768,32", "DENSE,256,320", "DENSE,256,5888",
    "DENSE,3072,2048", "LOGITS,4096,256", "LOGITS,1000,96", "GATED,320,256", "GATED,96,96",
    "GATED,1504,512"
  })
  void denseProductsAreRight(Product product, int n, int k) {
    boolean gated = product == Product.GATED;
    Numbers w = numbers((gated ? 2 : 1) * n * k, Math.sqrt(3.0 / k));
    int most = TOKENS[TOKENS.length - 1];
    Numbers a = numbers((most + SPARE_ROWS) * k, 1.7);
    int elementBytes = product == Product.LOGITS ? 4 : 2;
    long bytes = (long) (most + SPARE_ROWS) * n * elementBytes;
    DeviceMemory out = allocate(bytes);
    DeviceMemory count = allocate(4);
    HopperProducts products = products(count.address(), most, 0);
    Operator operator =
        switch (product) {
          case DENSE -> products.dense(a.address, w.address, out.address(), n, k);
          case LOGITS -> products.logits(a.address, w.address, out.address(), n, k);
          case GATED -> products.gated(a.address, w.address, out.address(), n, k);
        };
    for (int tokens : TOKENS) {
      // A recorded step serves smaller ones: the last row of the size isn't there.
      int rows = Math.max(1, tokens - 1);
      ints(count, rows);
      stream.fill(out.span(), (byte) -1);
      operator.launch(stream, StepSize.decode(tokens));
      stream.synchronize();
      float[] got = read(out, elementBytes);
      double[] error = new double[2];
      for (int row : sample(rows)) {
        for (int i = 0; i < n; i++) {
          double expected = expected(a.values, row, w.values, i, n * k, k, gated);
          add(error, got[row * n + i], expected);
        }
      }
      String where = "%s of %d rows, n %d, k %d".formatted(product, rows, n, k);
      assertThat(Math.sqrt(error[0] / error[1])).as(where).isLessThan(TOLERANCE);
      assertPoison(got, rows * n, where);
    }
  }

  @ParameterizedTest
  @CsvSource({"16,4,256,32", "5,3,96,96", "64,4,256,160", "7,4,512,384", "3,3,256,96"})
  void productsOfExpertsAreRight(int experts, int perToken, int hidden, int wide) {
    int half = experts * wide * hidden;
    Numbers w13 = numbers(2 * half, Math.sqrt(3.0 / hidden));
    Numbers w2 = numbers(half, Math.sqrt(3.0 / wide));
    // Three experts of three get all tokens: once and twice the widest tile.
    for (int tokens : new int[] {1, 3, 8, 40, 64, 65, 280, 300, 560, 1500}) {
      int pairs = tokens * perToken;
      int[] offsets = new int[experts + 3];
      int[] token = route(tokens, experts, perToken, offsets);
      Numbers a = numbers(tokens * hidden, 1.7);
      DeviceMemory count = allocate(4);
      DeviceMemory where = allocate(4L * offsets.length);
      DeviceMemory which = allocate(4L * pairs);
      ints(count, tokens);
      ints(where, offsets);
      ints(which, token);
      DeviceMemory h = allocate(2L * (pairs + SPARE_ROWS) * wide);
      DeviceMemory y = allocate(2L * (pairs + SPARE_ROWS) * hidden);
      stream.fill(h.span(), (byte) -1);
      stream.fill(y.span(), (byte) -1);
      DeviceMemory rows = allocate(4L * pairs);
      ints(rows, rows(token, perToken));
      Routes routes =
          new Routes(experts, perToken, where.address(), which.address(), rows.address());
      HopperProducts products = products(count.address(), tokens, y.address());
      products
          .expertsGated(routes, a.address, w13.address, h.address(), wide, hidden)
          .launch(stream, StepSize.decode(tokens));
      // The rows scattered for the first product lie where the second writes.
      products
          .experts(routes, h.address(), w2.address, y.address(), hidden, wide)
          .launch(stream, StepSize.decode(tokens));
      stream.synchronize();
      float[] first = read(h, 2);
      float[] second = read(y, 2);
      double[] errorFirst = new double[2];
      double[] errorSecond = new double[2];
      for (int pair : sample(pairs)) {
        int expert = 0;
        while (offsets[expert + 1] <= pair) {
          expert++;
        }
        for (int i = 0; i < wide; i++) {
          int row = expert * wide + i;
          double expected = expected(a.values, token[pair], w13.values, row, half, hidden, true);
          add(errorFirst, first[pair * wide + i], expected);
        }
        for (int i = 0; i < hidden; i++) {
          int row = expert * hidden + i;
          double expected = expected(first, pair, w2.values, row, half, wide, false);
          add(errorSecond, second[pair * hidden + i], expected);
        }
      }
      String what = "%d tokens, %d experts of %d".formatted(tokens, experts, wide);
      assertThat(Math.sqrt(errorFirst[0] / errorFirst[1])).as(what).isLessThan(TOLERANCE);
      assertThat(Math.sqrt(errorSecond[0] / errorSecond[1])).as(what).isLessThan(TOLERANCE);
      assertPoison(first, pairs * wide, what);
      assertPoison(second, pairs * hidden, what);
    }
  }

  private HopperProducts products(long count, int rows, long pairRows) {
    HopperProducts.Capacity capacity = new HopperProducts.Capacity(rows, rows, pairRows);
    return new HopperProducts(kernels, new StepCounts(count, count), capacity);
  }

  /** Different experts for each token, the first two liked best, in the order of experts. */
  private int[] route(int tokens, int experts, int perToken, int[] offsets) {
    List<List<Integer>> of = new ArrayList<>();
    for (int e = 0; e < experts; e++) {
      of.add(new ArrayList<>());
    }
    for (int t = 0; t < tokens; t++) {
      List<Integer> chosen = new ArrayList<>();
      while (chosen.size() < perToken) {
        int e = random.nextInt(4) == 0 ? random.nextInt(2) : random.nextInt(experts);
        if (!chosen.contains(e)) {
          chosen.add(e);
          of.get(e).add(t);
        }
      }
    }
    for (int e = 0; e < experts; e++) {
      offsets[e + 1] = offsets[e] + of.get(e).size();
    }
    return of.stream().flatMap(List::stream).mapToInt(Integer::intValue).toArray();
  }

  /** Where the pairs of each token stand. */
  private static int[] rows(int[] token, int perToken) {
    int[] rows = new int[token.length];
    int[] next = new int[token.length / perToken];
    for (int p = 0; p < token.length; p++) {
      rows[token[p] * perToken + next[token[p]]++] = p;
    }
    return rows;
  }

  private int[] sample(int rows) {
    return rows <= SAMPLES
        ? IntStream.range(0, rows).toArray()
        : IntStream.concat(
                IntStream.of(0, 1, rows / 2, rows - 2, rows - 1),
                random.ints(SAMPLES - 5L, 0, rows))
            .toArray();
  }

  /** Output {@code i} of a row; the rows of w3 are {@code half} values behind those of w1. */
  private static double expected(
      float[] a, int row, float[] w, int i, int half, int k, boolean gated) {
    double sum = dot(a, row * k, w, i * k, k);
    return gated ? Bf16.gateUp(sum, dot(a, row * k, w, half + i * k, k)) : sum;
  }

  private static double dot(float[] a, int fromA, float[] w, int fromW, int k) {
    double sum = 0;
    for (int j = 0; j < k; j++) {
      sum += (double) a[fromA + j] * w[fromW + j];
    }
    return sum;
  }

  private static void add(double[] error, double got, double expected) {
    error[0] += (got - expected) * (got - expected);
    error[1] += expected * expected;
  }

  private static void assertPoison(float[] got, int from, String where) {
    for (int i = from; i < got.length; i++) {
      if (!Float.isNaN(got[i])) {
        assertThat(got[i]).as("value %d behind the rows: %s", i - from, where).isNaN();
      }
    }
  }

  private Numbers numbers(int count, double scale) {
    float[] values = new float[count];
    MemorySegment host = Arena.ofAuto().allocate(2L * count, 16);
    for (int i = 0; i < count; i++) {
      float v = (float) (scale * (2 * random.nextDouble() - 1));
      short bits = (short) (Float.floatToRawIntBits(v) >>> 16);
      values[i] = Float.intBitsToFloat(bits << 16);
      host.setAtIndex(ValueLayout.JAVA_SHORT, i, bits);
    }
    DeviceMemory memory = allocate(2L * count);
    context.upload(memory.span(), host);
    return new Numbers(values, memory.address());
  }

  private void ints(DeviceMemory to, int... values) {
    context.upload(to.span(), arena.allocateFrom(ValueLayout.JAVA_INT, values));
  }

  private float[] read(DeviceMemory from, int elementBytes) {
    MemorySegment host = Arena.ofAuto().allocate(from.bytes(), 16);
    context.download(host, from.span());
    float[] values = new float[Math.toIntExact(from.bytes() / elementBytes)];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          elementBytes == 4
              ? host.getAtIndex(ValueLayout.JAVA_FLOAT, i)
              : Float.intBitsToFloat(host.getAtIndex(ValueLayout.JAVA_SHORT, i) << 16);
    }
    return values;
  }

  private DeviceMemory allocate(long bytes) {
    DeviceMemory memory = context.allocate(bytes);
    allocated.add(memory);
    return memory;
  }
}
