package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** NVRTC, the compiler of CUDA C++ that runs in our process. Usable from any thread. */
@SuppressWarnings("restricted") // Calling CUDA is the point.
public final class Nvrtc {
  private static final int COMPILATION_ERROR = 6;

  private final String library;
  private final int major;
  private final int minor;

  private Nvrtc(String library) {
    this.library = library;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment version = arena.allocate(JAVA_INT, 2);
      Functions.VERSION.call(version, version.asSlice(JAVA_INT.byteSize()));
      this.major = version.getAtIndex(JAVA_INT, 0);
      this.minor = version.getAtIndex(JAVA_INT, 1);
    }
  }

  /** Returns NVRTC, or nothing where it isn't installed; {@link #absence} then says what to do. */
  public static Optional<Nvrtc> find() {
    return Found.NVRTC;
  }

  /** Returns in one sentence why there is no NVRTC and what to install; empty if there is. */
  public static String absence() {
    return Found.ABSENCE;
  }

  /**
   * Returns NVRTC.
   *
   * @throws CudaException where it isn't installed, saying what to do
   */
  public static Nvrtc require() {
    return find().orElseThrow(() -> new CudaException(absence()));
  }

  /** Returns the version, for example {@code 13.0}. */
  public String version() {
    return major + "." + minor;
  }

  /** Returns version and file. */
  @Override
  public String toString() {
    return version() + " (" + library + ")";
  }

  /**
   * Compiles a source to a cubin.
   *
   * @param name the source's file name in messages
   * @param source CUDA C++
   * @param headers what {@code #include} finds, by name
   * @param options NVRTC's options
   * @throws CudaException if it doesn't compile; {@link CudaException#text} is NVRTC's log
   */
  byte[] compile(String name, String source, Map<String, String> headers, List<String> options) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment slot = arena.allocate(ADDRESS);
      Functions.create(
          slot,
          arena.allocateFrom(source),
          arena.allocateFrom(name),
          headers.size(),
          strings(arena, List.copyOf(headers.values())),
          strings(arena, List.copyOf(headers.keySet())));
      long program = slot.get(JAVA_LONG, 0);
      try {
        int code = Functions.COMPILE.code(program, options.size(), strings(arena, options));
        if (code != 0) {
          throw failed(code, name, program, arena);
        }
        return output(Functions.CUBIN_SIZE, Functions.CUBIN, program, arena);
      } finally {
        Functions.DESTROY.call(slot);
      }
    }
  }

  private static CudaException failed(int code, String name, long program, Arena arena) {
    String log =
        new String(
                output(Functions.LOG_SIZE, Functions.LOG, program, arena), StandardCharsets.UTF_8)
            .replace("\0", "")
            .strip();
    return code == COMPILATION_ERROR
        ? new CudaException(
            code, Functions.name(code), "\n" + log, "compiling " + name + " with NVRTC", -1)
        : new CudaException(
            code, Functions.name(code), log, "nvrtcCompileProgram(" + name + ")", -1);
  }

  private static byte[] output(Function size, Function get, long program, Arena arena) {
    MemorySegment length = arena.allocate(JAVA_LONG);
    size.call(program, length);
    MemorySegment bytes = arena.allocate(Math.max(1, length.get(JAVA_LONG, 0)));
    get.call(program, bytes);
    return bytes.toArray(JAVA_BYTE);
  }

  private static MemorySegment strings(Arena arena, List<String> texts) {
    MemorySegment array = arena.allocate(ADDRESS, Math.max(1, texts.size()));
    for (int i = 0; i < texts.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(texts.get(i)));
    }
    return array;
  }

  /** The answer, worked out once. */
  private static final class Found {
    static final Optional<Nvrtc> NVRTC;
    static final String ABSENCE;

    static {
      Optional<Nvrtc> nvrtc = Optional.empty();
      String absence = "";
      if (NvrtcLibrary.FOUND.isEmpty()) {
        absence = NvrtcLibrary.ABSENCE;
      } else {
        try {
          nvrtc = Optional.of(new Nvrtc(NvrtcLibrary.FOUND.get().name()));
        } catch (CudaException e) {
          absence = "NVRTC can't be used: " + e.getMessage();
        } catch (ExceptionInInitializerError e) {
          absence = "NVRTC can't be used: " + e.getCause();
        }
      }
      NVRTC = nvrtc;
      ABSENCE = absence;
    }
  }

  /** The functions, linked when first used. */
  private static final class Functions {
    private static final MemoryLayout P = ADDRESS;
    private static final MemoryLayout L = JAVA_LONG;
    private static final MemoryLayout I = JAVA_INT;

    static final Function VERSION = link("nvrtcVersion", P, P);
    static final Function CREATE = link("nvrtcCreateProgram", P, P, P, I, P, P);
    static final Function DESTROY = link("nvrtcDestroyProgram", P);
    static final Function COMPILE = link("nvrtcCompileProgram", L, I, P);
    static final Function CUBIN_SIZE = link("nvrtcGetCUBINSize", L, P);
    static final Function CUBIN = link("nvrtcGetCUBIN", L, P);
    static final Function LOG_SIZE = link("nvrtcGetProgramLogSize", L, P);
    static final Function LOG = link("nvrtcGetProgramLog", L, P);

    private Functions() {}

    static void create(
        MemorySegment program,
        MemorySegment source,
        MemorySegment name,
        int headerCount,
        MemorySegment headers,
        MemorySegment headerNames) {
      try {
        CREATE.check(
            (int)
                CREATE
                    .handle()
                    .invokeExact(program, source, name, headerCount, headers, headerNames));
      } catch (Throwable t) {
        throw Function.thrown(t);
      }
    }

    private static Function link(String name, MemoryLayout... arguments) {
      return new Function(
          name,
          NvrtcLibrary.FOUND
              .orElseThrow()
              .function(name, FunctionDescriptor.of(JAVA_INT, arguments)),
          (code, call) -> new CudaException(code, name(code), "see NVRTC's reference", call, -1));
    }

    /** Returns the name that nvrtc.h gives a code. */
    static String name(int code) {
      return switch (code) {
        case 1 -> "NVRTC_ERROR_OUT_OF_MEMORY";
        case 2 -> "NVRTC_ERROR_PROGRAM_CREATION_FAILURE";
        case 3 -> "NVRTC_ERROR_INVALID_INPUT";
        case 4 -> "NVRTC_ERROR_INVALID_PROGRAM";
        case 5 -> "NVRTC_ERROR_INVALID_OPTION";
        case COMPILATION_ERROR -> "NVRTC_ERROR_COMPILATION";
        case 7 -> "NVRTC_ERROR_BUILTIN_OPERATION_FAILURE";
        case 11 -> "NVRTC_ERROR_INTERNAL_ERROR";
        default -> "NVRTC_ERROR";
      };
    }
  }
}
