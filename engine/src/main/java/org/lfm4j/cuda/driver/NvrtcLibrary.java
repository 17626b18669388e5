package org.lfm4j.cuda.driver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Finds libnvrtc: where the user says, where the dynamic linker looks ({@code LD_LIBRARY_PATH}
 * included), and in the usual folders.
 */
final class NvrtcLibrary {
  /** Environment variable that names the library, its folder, or a Python environment with it. */
  static final String ENVIRONMENT = "LFM4J_NVRTC";

  /** System property of the same meaning, which goes first. */
  static final String PROPERTY = "lfm4j.nvrtc";

  static final String ABSENCE =
      "NVRTC, CUDA's run-time compiler, was not found (libnvrtc.so.13 or .12): install it"
          + " (apt install cuda-nvrtc-13-0, or pip install nvidia-cuda-nvrtc), or set LFM4J_NVRTC"
          + " to the library, its folder or the Python environment that has it";

  private static final List<String> NAMES = List.of("libnvrtc.so.13", "libnvrtc.so.12");

  static final Optional<NativeLibrary> FOUND =
      NativeLibrary.load(candidates(wanted())).map(NvrtcLibrary::withBuiltins);

  private NvrtcLibrary() {}

  private static String wanted() {
    String environment = System.getenv(ENVIRONMENT);
    return System.getProperty(PROPERTY, environment == null ? "" : environment);
  }

  /**
   * Loads the library of builtins beside NVRTC, which NVRTC looks for by its plain name only and so
   * finds outside the linker's folders only if it is loaded already.
   */
  private static NativeLibrary withBuiltins(NativeLibrary nvrtc) {
    Path folder = Path.of(nvrtc.name()).getParent();
    if (folder != null) {
      NativeLibrary.load(
          children(folder, "libnvrtc-builtins.so.*").stream().map(Path::toString).toList());
    }
    return nvrtc;
  }

  /** Returns the names and paths to try, best first; only the user's if there is a wish. */
  static List<String> candidates(String wanted) {
    List<String> candidates = new ArrayList<>();
    if (!wanted.isEmpty()) {
      Path path = Path.of(wanted);
      if (Files.isDirectory(path)) {
        addFolders(candidates, List.of(path));
        addFolders(candidates, wheels(path));
      } else {
        candidates.add(wanted);
      }
      return candidates;
    }
    candidates.addAll(NAMES);
    List<Path> toolkits = children(Path.of("/usr/local"), "cuda*");
    addFolders(candidates, toolkits.stream().map(folder -> folder.resolve("lib64")).toList());
    addFolders(
        candidates,
        toolkits.stream().map(folder -> folder.resolve("targets/x86_64-linux/lib")).toList());
    addFolders(
        candidates, List.of(Path.of("/usr/lib/x86_64-linux-gnu"), Path.of("/opt/cuda/lib64")));
    return candidates;
  }

  /** Returns the folders of NVIDIA's wheels in a Python environment, site-packages or beside it. */
  private static List<Path> wheels(Path environment) {
    List<Path> folders = new ArrayList<>();
    for (Path python : children(environment.resolve("lib"), "python3*")) {
      folders.addAll(wheelFolders(python.resolve("site-packages")));
      folders.addAll(wheelFolders(python.resolve("dist-packages")));
    }
    folders.addAll(wheelFolders(environment));
    return folders;
  }

  private static List<Path> wheelFolders(Path packages) {
    return children(packages.resolve("nvidia"), "*").stream()
        .map(wheel -> wheel.resolve("lib"))
        .toList();
  }

  private static void addFolders(List<String> candidates, List<Path> folders) {
    for (String name : NAMES) {
      for (Path folder : folders) {
        Path file = folder.resolve(name);
        if (Files.exists(file)) {
          candidates.add(file.toAbsolutePath().toString());
        }
      }
    }
  }

  /** Returns the matching entries of a folder, last name first: cuda-13.0 before cuda-12.8. */
  private static List<Path> children(Path folder, String pattern) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, pattern)) {
      entries.forEach(children::add);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    children.sort(Comparator.reverseOrder());
    return children;
  }
}
