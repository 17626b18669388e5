package org.lfm4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where libnvrtc is looked for. */
class NvrtcLibraryTest {
  @TempDir Path folder;

  @Test
  void withoutAWishTheLinkerIsAskedFirst() {
    assertThat(NvrtcLibrary.candidates("")).startsWith("libnvrtc.so.13", "libnvrtc.so.12");
  }

  @Test
  void aFileIsTakenAsItIs() {
    assertThat(NvrtcLibrary.candidates("/some/libnvrtc.so.13"))
        .containsExactly("/some/libnvrtc.so.13");
  }

  @Test
  void aFolderIsSearchedForTheNewestOnly() throws IOException {
    Path old = Files.createFile(folder.resolve("libnvrtc.so.12"));
    Path newer = Files.createFile(folder.resolve("libnvrtc.so.13"));
    assertThat(NvrtcLibrary.candidates(folder.toString()))
        .containsExactly(newer.toString(), old.toString());
  }

  @Test
  void aPythonEnvironmentIsSearchedForWheels() throws IOException {
    Path wheel =
        Files.createDirectories(
            folder.resolve("lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib"));
    Path library = Files.createFile(wheel.resolve("libnvrtc.so.12"));
    assertThat(NvrtcLibrary.candidates(folder.toString())).containsExactly(library.toString());
  }

  @Test
  void aWrongWishFindsNothing() {
    assertThat(NvrtcLibrary.candidates(folder.toString())).isEmpty();
  }
}
