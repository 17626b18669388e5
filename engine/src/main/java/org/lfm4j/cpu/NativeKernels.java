package org.lfm4j.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The kernels in C ({@code src/main/c}), where the build had a compiler and this machine has what
 * they need. They lie in the jar and give the same bits as {@link Gemv} and {@link Gemm}.
 */
@SuppressWarnings("restricted") // Loading our own library is the point.
final class NativeKernels {
  /** Whether they can be used; {@code -Dlfm4j.native=false} turns them off. */
  static final boolean AVAILABLE;

  private static final System.Logger LOG = System.getLogger(NativeKernels.class.getName());
  private static final String OFF = "lfm4j.native";
  private static final AddressLayout POINTER = ValueLayout.ADDRESS;

  // A constant: only then is a call compiled to a plain one.
  private static final @Nullable MethodHandle BF16_ROWS;

  static {
    BF16_ROWS = find().orElse(null);
    AVAILABLE = BF16_ROWS != null;
  }

  private NativeKernels() {}

  /** Does what {@link MatMul#rows} says for a matrix of BF16. */
  static void bf16Rows(
      FloatMatrix w,
      int from,
      int to,
      float[] x,
      int xAt,
      int count,
      float[] out,
      int outAt,
      int stride,
      boolean add) {
    MethodHandle kernel = BF16_ROWS;
    if (kernel == null) {
      throw new IllegalStateException("there are no kernels in C here: ask AVAILABLE first");
    }
    long rowBytes = 2L * w.columns();
    try {
      kernel.invokeExact(
          w.data().asSlice(from * rowBytes, (to - from) * rowBytes),
          (long) (to - from),
          (long) w.columns(),
          MemorySegment.ofArray(x).asSlice(4L * xAt),
          (long) count,
          MemorySegment.ofArray(out).asSlice(4L * (outAt + from)),
          (long) stride,
          add ? 1 : 0);
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }

  private static Optional<MethodHandle> find() {
    Optional<String> set = instructionSet();
    if (System.getProperty(OFF, "true").equals("false") || set.isEmpty()) {
      return Optional.empty();
    }
    String resource =
        "%s-%s/liblfm4j-cpu.so".formatted(System.getProperty("os.name"), architecture());
    try (InputStream library = NativeKernels.class.getResourceAsStream(resource)) {
      return library == null ? Optional.empty() : load(library, set.get());
    } catch (IOException | IllegalArgumentException | IllegalCallerException e) {
      LOG.log(Level.WARNING, "The CPU kernels in C can't be loaded, so decoding is slower", e);
      return Optional.empty();
    }
  }

  /**
   * The bits depend on how many lanes there are: the kernels must have as many as the Java code.
   */
  private static Optional<String> instructionSet() {
    return switch (Simd.LANES) {
      case 8 -> Optional.of("avx2");
      case 16 -> Optional.of("avx512");
      default -> Optional.empty();
    };
  }

  private static String architecture() {
    String name = System.getProperty("os.arch");
    return name.equals("amd64") ? "x86_64" : name;
  }

  private static Optional<MethodHandle> load(InputStream library, String set) throws IOException {
    Path file = Files.createTempFile("lfm4j", ".so");
    try {
      Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
      Linker linker = Linker.nativeLinker();
      SymbolLookup symbols = SymbolLookup.libraryLookup(file, Arena.global());
      MethodHandle has =
          linker.downcallHandle(
              symbols.findOrThrow("lfm4j_has_" + set), FunctionDescriptor.of(ValueLayout.JAVA_INT));
      return isTrue(has)
          ? Optional.of(
              linker.downcallHandle(
                  symbols.findOrThrow("lfm4j_bf16_rows_" + set),
                  FunctionDescriptor.ofVoid(
                      POINTER,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_LONG,
                      POINTER,
                      ValueLayout.JAVA_LONG,
                      POINTER,
                      ValueLayout.JAVA_LONG,
                      ValueLayout.JAVA_INT),
                  Linker.Option.critical(true)))
          : Optional.empty();
    } finally {
      // The library stays mapped without its name.
      Files.delete(file);
    }
  }

  private static boolean isTrue(MethodHandle function) {
    try {
      return (int) function.invokeExact() != 0;
    } catch (Throwable t) {
      throw new AssertionError("a kernel throws nothing", t);
    }
  }
}
