package org.lfm4j.cuda.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.List;
import java.util.Optional;

/**
 * A loaded shared library.
 *
 * @param name name or path that it was loaded by
 * @param symbols its functions, loaded for the life of the JVM
 */
@SuppressWarnings("restricted") // Calling CUDA is the point.
record NativeLibrary(String name, SymbolLookup symbols) {

  /** Loads the first library of these names or paths that can be. */
  static Optional<NativeLibrary> load(List<String> names) {
    for (String name : names) {
      try {
        return Optional.of(
            new NativeLibrary(name, SymbolLookup.libraryLookup(name, Arena.global())));
      } catch (IllegalArgumentException e) {
        // The next name.
      }
    }
    return Optional.empty();
  }

  /**
   * Links a function.
   *
   * @throws CudaException if the library is too old to have it
   */
  MethodHandle function(String function, FunctionDescriptor descriptor) {
    MemorySegment address =
        symbols
            .find(function)
            .orElseThrow(() ->
                new CudaException(
                    "%s has no function %s: it is too old; lfm4j needs an NVIDIA driver of 525 or newer (CUDA 12.0)"
                        .formatted(name, function)));
    return Linker.nativeLinker().downcallHandle(address, descriptor);
  }
}
