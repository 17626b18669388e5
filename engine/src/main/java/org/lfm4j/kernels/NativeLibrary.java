package org.lfm4j.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The kernels in C ({@code src/main/c}), where the build had a compiler. They lie in the jar, for
 * several instruction sets; each says whether this machine has it.
 */
@SuppressWarnings("restricted") // Loading our own library is the point.
public final class NativeLibrary {
  private static final System.Logger LOG = System.getLogger(NativeLibrary.class.getName());

  /**
   * {@code false} turns the kernels off, {@code avx2} those for wider vectors and matrices, {@code
   * avx512} those for matrices, {@code neon} those for dot products.
   */
  private static final String CHOICE = System.getProperty("lfm4j.native", "true");

  private static final Linker LINKER = Linker.nativeLinker();
  private static final Optional<SymbolLookup> SYMBOLS = find();

  private NativeLibrary() {}

  /** Returns the widest vectors that this machine and the library have kernels for. */
  public static Optional<String> vectors() {
    return Stream.of("avx512", "avx2", "neon").filter(NativeLibrary::has).findFirst();
  }

  /** Returns whether this machine has an instruction set and the library kernels for it. */
  public static boolean has(String instructions) {
    boolean tooMuch =
        switch (CHOICE) {
          case "avx2", "neon" -> !instructions.equals(CHOICE);
          case "avx512" -> instructions.startsWith("amx");
          default -> false;
        };
    if (tooMuch) {
      return false;
    }
    return SYMBOLS
        .flatMap(symbols -> symbols.find("lfm4j_has_" + instructions))
        .map(test -> LINKER.downcallHandle(test, FunctionDescriptor.of(ValueLayout.JAVA_INT)))
        .filter(NativeLibrary::isTrue)
        .isPresent();
  }

  /**
   * Returns a kernel, which may be given arrays of the heap.
   *
   * @throws IllegalStateException if there is none: ask {@link #has} first
   */
  public static MethodHandle kernel(String name, FunctionDescriptor type) {
    return SYMBOLS
        .flatMap(symbols -> symbols.find(name))
        .map(kernel -> LINKER.downcallHandle(kernel, type, Linker.Option.critical(true)))
        .orElseThrow(() -> new IllegalStateException("there is no kernel " + name));
  }

  private static Optional<SymbolLookup> find() {
    if (CHOICE.equals("false")) {
      return Optional.empty();
    }
    try (InputStream library = NativeLibrary.class.getResourceAsStream(resource())) {
      return library == null ? Optional.empty() : Optional.of(load(library));
    } catch (IOException | IllegalArgumentException | IllegalCallerException e) {
      LOG.log(Level.WARNING, "The CPU kernels in C can't be loaded, so decoding is slower", e);
      return Optional.empty();
    }
  }

  /** As {@code src/main/c/build} names it. */
  private static String resource() {
    String system = System.getProperty("os.name");
    String architecture = System.getProperty("os.arch");
    return "%s-%s/%s"
        .formatted(
            system.startsWith("Mac") ? "Darwin" : system,
            architecture.equals("amd64") ? "x86_64" : architecture,
            System.mapLibraryName("lfm4j-cpu"));
  }

  private static SymbolLookup load(InputStream library) throws IOException {
    Path file = Files.createTempFile("lfm4j", ".so");
    try {
      Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
      return SymbolLookup.libraryLookup(file, Arena.global());
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
