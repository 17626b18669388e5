package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfm4j.checkpoint.ModelConfigReader;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Cuda;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.Stream;

/**
 * Every product beside double precision, at sizes that fill no tile, and what the portable ones
 * promise: a row's bits depend neither on how many rows there are nor, so, on the kernel chosen.
 */
@Tag("gpu")
class PortableProductsGpuTest {
  private static final int MOST = 300;
  private static final int[] FEWER = {1, 3, 17, 65, 130};
  // A result is rounded to BF16 once, which is 1.1e-3 of evenly spread values.
  private static final double BF16 = 2e-3;
  private static final double FP32 = 1e-5;

  private final Random random = new Random(7);
  private final List<DeviceMemory> owned = new ArrayList<>();
  private Context context;
  private Stream stream;
  private Kernels kernels;
  private DeviceMemory count;
  private Products products;

  @BeforeEach
  void open() {
    context = Cuda.require().device(0).open();
    stream = context.stream();
    kernels =
        Kernels.load(
            context,
            ModelConfigReader.parse("config.json", GpuModels.MOE),
            KernelCache.ofUser(),
            true);
    count = own(context.allocate(4));
    products = new PortableProducts(kernels, new StepCounts(count.address(), count.address()));
  }

  @AfterEach
  void close() {
    owned.forEach(DeviceMemory::close);
    kernels.close();
    stream.close();
    context.close();
  }

  @ParameterizedTest
  @CsvSource({"24, 32", "136, 320", "200, 2080", "72, 4448", "16400, 64"})
  void dense(int n, int k) {
    short[] a = normal(MOST * k, 1);
    short[] w = normal(n * k, 1 / Math.sqrt(k));
    check(a, w, n, k, false, BF16, products::dense);
  }

  @ParameterizedTest
  @CsvSource({"24, 32", "500, 256", "16400, 64"})
  void logits(int n, int k) {
    short[] a = normal(MOST * k, 1);
    short[] w = normal(n * k, 1 / Math.sqrt(k));
    check(a, w, n, k, false, FP32, products::logits);
  }

  @ParameterizedTest
  @CsvSource({"24, 32", "320, 256", "96, 2080", "8200, 64"})
  void gated(int n, int k) {
    short[] a = normal(MOST * k, 1);
    short[] w13 = normal(2 * n * k, 1.5 / Math.sqrt(k));
    check(a, w13, n, k, true, BF16, products::gated);
  }

  @ParameterizedTest
  @CsvSource({"16, 4, 32, 256", "64, 4, 96, 320", "5, 3, 224, 64", "4, 4, 40, 2080"})
  void experts(int experts, int perToken, int m, int k) {
    short[] a = normal(MOST * k, 1);
    short[] w13 = normal(2 * experts * m * k, 1.5 / Math.sqrt(k));
    short[] w2 = normal(experts * k * m, 1 / Math.sqrt(m));
    int[][] chosen = new int[MOST][];
    for (int t = 0; t < MOST; t++) {
      List<Integer> all = new ArrayList<>(IntStream.range(0, experts).boxed().toList());
      Collections.shuffle(all, random);
      chosen[t] = all.stream().limit(perToken).mapToInt(e -> e).toArray();
    }
    DeviceMemory deviceA = upload(a);
    DeviceMemory deviceW13 = upload(w13);
    DeviceMemory deviceW2 = upload(w2);
    // By token and expert: bits of the wide and of the narrow result.
    short[][][] wide = new short[MOST][experts][];
    short[][][] narrow = new short[MOST][experts][];
    for (int rows : rowCounts()) {
      int pairs = rows * perToken;
      int[] offsets = new int[experts + 1];
      int[] tokens = new int[pairs];
      int[] expertOf = new int[pairs];
      int next = 0;
      for (int e = 0; e < experts; e++) {
        for (int t = 0; t < rows; t++) {
          int expert = e;
          if (Arrays.stream(chosen[t]).anyMatch(c -> c == expert)) {
            expertOf[next] = e;
            tokens[next++] = t;
          }
        }
        offsets[e + 1] = next;
      }
      Routes routes =
          new Routes(experts, perToken, upload(offsets).address(), upload(tokens).address(), 0);
      DeviceMemory h = poisoned(2L * pairs * m);
      DeviceMemory y = poisoned(2L * pairs * k);
      StepSize size = StepSize.decode(rows);
      products
          .expertsGated(routes, deviceA.address(), deviceW13.address(), h.address(), m, k)
          .launch(stream, size);
      products
          .experts(routes, h.address(), deviceW2.address(), y.address(), k, m)
          .launch(stream, size);
      stream.synchronize();
      short[] gotH = shorts(h, pairs * m);
      short[] gotY = shorts(y, pairs * k);
      for (int p = 0; p < pairs; p++) {
        short[] rowH = Arrays.copyOfRange(gotH, p * m, (p + 1) * m);
        short[] rowY = Arrays.copyOfRange(gotY, p * k, (p + 1) * k);
        int t = tokens[p];
        int e = expertOf[p];
        if (wide[t][e] == null) {
          wide[t][e] = rowH;
          narrow[t][e] = rowY;
        }
        assertThat(rowH).as("up, token %d, expert %d of %d rows", t, e, rows).isEqualTo(wide[t][e]);
        assertThat(rowY)
            .as("down, token %d, expert %d of %d rows", t, e, rows)
            .isEqualTo(narrow[t][e]);
      }
      if (rows == MOST) {
        Error up = new Error();
        Error down = new Error();
        for (int p = 0; p < pairs; p++) {
          for (int i = 0; i < m; i++) {
            int row = expertOf[p] * m + i;
            double gate = dot(a, tokens[p], w13, row, k);
            double other = dot(a, tokens[p], w13, experts * m + row, k);
            up.add(value(gotH[p * m + i]), Bf16.gateUp(gate, other));
          }
          for (int i = 0; i < k; i++) {
            down.add(value(gotY[p * k + i]), dot(gotH, p, w2, expertOf[p] * k + i, m));
          }
        }
        assertThat(up.relative()).isLessThan(BF16);
        assertThat(down.relative()).isLessThan(BF16);
      }
    }
  }

  private interface Maker {
    Operator of(long a, long w, long out, int n, int k);
  }

  /** The largest step against double precision, then all against the largest. */
  private void check(
      short[] a, short[] w, int n, int k, boolean gated, double tolerance, Maker maker) {
    boolean fp32 = tolerance == FP32;
    int words = fp32 ? 2 : 1;
    DeviceMemory deviceA = upload(a);
    DeviceMemory deviceW = upload(w);
    DeviceMemory out = own(context.allocate(2L * words * MOST * n));
    Operator product = maker.of(deviceA.address(), deviceW.address(), out.address(), n, k);
    short[] all = new short[0];
    for (int rows : rowCounts()) {
      // Launched for more rows than there are, as a recorded step is.
      for (int launched : new int[] {rows, Math.min(MOST, rows + 20)}) {
        write(count, new int[] {rows});
        stream.fill(out.span(), (byte) 0xff);
        product.launch(stream, StepSize.decode(launched));
        stream.synchronize();
        short[] got = shorts(out, words * MOST * n);
        if (rows == MOST) {
          all = got;
        }
        int used = words * rows * n;
        assertThat(Arrays.mismatch(got, 0, used, all, 0, used))
            .as("%d rows launched as %d", rows, launched)
            .isEqualTo(-1);
        for (int i = used; i < got.length; i++) {
          assertThat(got[i]).isEqualTo((short) 0xffff);
        }
      }
    }
    Error error = new Error();
    for (int t = 0; t < MOST; t += n > 1000 ? 37 : 1) {
      for (int i = 0; i < n; i++) {
        double expected = dot(a, t, w, i, k);
        if (gated) {
          expected = Bf16.gateUp(expected, dot(a, t, w, n + i, k));
        }
        int at = t * n + i;
        error.add(
            fp32
                ? Float.intBitsToFloat(all[2 * at] & 0xffff | all[2 * at + 1] << 16)
                : value(all[at]),
            expected);
      }
    }
    assertThat(error.relative()).isLessThan(tolerance);
  }

  private static int[] rowCounts() {
    return IntStream.concat(IntStream.of(MOST), Arrays.stream(FEWER)).toArray();
  }

  private static final class Error {
    private double difference;
    private double reference;

    void add(double got, double expected) {
      difference += (got - expected) * (got - expected);
      reference += expected * expected;
    }

    /** NaN, which is less than nothing, if a result was never written. */
    double relative() {
      return Math.sqrt(difference / reference);
    }
  }

  private static double dot(short[] a, int row, short[] w, int other, int k) {
    double sum = 0;
    for (int i = 0; i < k; i++) {
      sum += (double) value(a[row * k + i]) * value(w[other * k + i]);
    }
    return sum;
  }

  private static float value(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }

  private short[] normal(int length, double deviation) {
    short[] values = new short[length];
    for (int i = 0; i < length; i++) {
      int bits = Float.floatToRawIntBits((float) (random.nextGaussian() * deviation));
      values[i] = (short) ((bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }
    return values;
  }

  private DeviceMemory upload(short[] values) {
    DeviceMemory memory = own(context.allocate(2L * values.length));
    try (Arena arena = Arena.ofConfined()) {
      context.upload(memory.span(), arena.allocateFrom(ValueLayout.JAVA_SHORT, values));
    }
    return memory;
  }

  private DeviceMemory upload(int[] values) {
    DeviceMemory memory = own(context.allocate(4L * values.length));
    write(memory, values);
    return memory;
  }

  private void write(DeviceMemory memory, int[] values) {
    try (Arena arena = Arena.ofConfined()) {
      context.upload(memory.span(), arena.allocateFrom(ValueLayout.JAVA_INT, values));
    }
  }

  private DeviceMemory poisoned(long bytes) {
    DeviceMemory memory = own(context.allocate(bytes));
    stream.fill(memory.span(), (byte) 0xff);
    return memory;
  }

  private short[] shorts(DeviceMemory memory, int length) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(2L * length, 4);
      context.download(host, memory.slice(0, 2L * length));
      return host.toArray(ValueLayout.JAVA_SHORT);
    }
  }

  private DeviceMemory own(DeviceMemory memory) {
    owned.add(memory);
    return memory;
  }
}
