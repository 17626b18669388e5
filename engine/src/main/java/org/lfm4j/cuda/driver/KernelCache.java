package org.lfm4j.cuda.driver;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Compiled kernels on disk, by a hash of everything that goes into them. Usable from any thread,
 * and by several processes at a time.
 *
 * <p>A file is the SHA-256 of the cubin, then the cubin; one that doesn't match is compiled anew. A
 * folder that can't be written only costs time.
 */
public final class KernelCache {
  private static final System.Logger LOG = System.getLogger(KernelCache.class.getName());
  private static final int HASH_BYTES = 32;
  private static final String HASH = "SHA-256";

  private final Path folder;

  /** Keeps kernels in a folder, which is made when needed. */
  public KernelCache(Path folder) {
    this.folder = folder;
  }

  /** Keeps kernels in {@code lfm4j/kernels} of the user's cache folder (XDG_CACHE_HOME). */
  public static KernelCache ofUser() {
    String home = System.getenv("XDG_CACHE_HOME");
    Path caches =
        home == null || !Path.of(home).isAbsolute()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(home);
    return new KernelCache(caches.resolve("lfm4j").resolve("kernels"));
  }

  /**
   * Returns the cubin of a source, compiled only if it isn't on disk.
   *
   * @throws CudaException if NVRTC isn't installed, or with its log if the source doesn't compile
   */
  public byte[] cubin(KernelSource source, Architecture architecture) {
    Path file = folder.resolve(key(source, architecture) + ".cubin");
    Optional<byte[]> kept = read(file);
    if (kept.isPresent()) {
      return kept.get();
    }
    byte[] cubin = KernelCompiler.compile(source, architecture);
    write(file, cubin);
    return cubin;
  }

  /**
   * Returns the cubins of several sources, in their order, compiled side by side.
   *
   * @throws CudaException as {@link #cubin} does, for the first that fails
   */
  public Map<KernelSource, byte[]> cubins(List<KernelSource> sources, Architecture architecture) {
    int threads = Math.clamp(sources.size(), 1, Runtime.getRuntime().availableProcessors());
    // Platform threads: a compilation never yields.
    try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
      List<Future<byte[]>> answers = new ArrayList<>();
      for (KernelSource source : sources) {
        answers.add(workers.submit(() -> cubin(source, architecture)));
      }
      Map<KernelSource, byte[]> cubins = new LinkedHashMap<>();
      for (int i = 0; i < answers.size(); i++) {
        cubins.put(sources.get(i), get(answers.get(i)));
      }
      return cubins;
    }
  }

  /** Returns a hash over source, headers, options and NVRTC's version. */
  static String key(KernelSource source, Architecture architecture) {
    MessageDigest digest = sha256();
    add(digest, Nvrtc.require().version());
    KernelCompiler.options(source, architecture).forEach(option -> add(digest, option));
    add(digest, source.name());
    add(digest, source.text());
    source
        .headers()
        .forEach((name, text) -> {
          add(digest, name);
          add(digest, text);
        });
    return HexFormat.of().formatHex(digest.digest());
  }

  // The length goes first, so that no two lists of texts run together to the same bytes.
  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
    digest.update(bytes);
  }

  private static Optional<byte[]> read(Path file) {
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      byte[] bytes = Files.readAllBytes(file);
      if (bytes.length > HASH_BYTES) {
        byte[] cubin = Arrays.copyOfRange(bytes, HASH_BYTES, bytes.length);
        if (Arrays.equals(sha256().digest(cubin), Arrays.copyOf(bytes, HASH_BYTES))) {
          return Optional.of(cubin);
        }
      }
      LOG.log(Level.WARNING, "The compiled kernel {0} is damaged and is compiled again", file);
    } catch (IOException e) {
      LOG.log(Level.WARNING, "A compiled kernel can't be read and is compiled again", e);
    }
    return Optional.empty();
  }

  private void write(Path file, byte[] cubin) {
    try {
      Files.createDirectories(folder);
      Path part = Files.createTempFile(folder, "new", ".part");
      try {
        byte[] bytes = Arrays.copyOf(sha256().digest(cubin), HASH_BYTES + cubin.length);
        System.arraycopy(cubin, 0, bytes, HASH_BYTES, cubin.length);
        Files.write(part, bytes);
        move(part, file);
      } finally {
        Files.deleteIfExists(part);
      }
    } catch (IOException e) {
      LOG.log(
          Level.WARNING, "Compiled kernels can't be kept, so that every start compiles them", e);
    }
  }

  // Readers see the whole file or none.
  private static void move(Path part, Path file) throws IOException {
    try {
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static byte[] get(Future<byte[]> answer) {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CudaException("interrupted while compiling kernels");
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance(HASH);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has " + HASH, e);
    }
  }
}
