package org.lfm4j.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Memory of the device and the host, and copies between them. */
@Tag("gpu")
class MemoryGpuTest {
  private static final int BYTES = 1_000_003;

  @Test
  void copiesKeepEveryByte() {
    byte[] bytes = new byte[BYTES];
    new Random(1).nextBytes(bytes);
    try (Context context = Cuda.require().device(0).open();
        DeviceMemory first = context.allocate(BYTES);
        DeviceMemory second = context.allocate(BYTES);
        Arena arena = Arena.ofConfined()) {
      context.upload(first.span(), arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
      context.copy(second.span(), first.span());
      MemorySegment back = arena.allocate(BYTES);
      context.download(back, second.span());
      assertThat(Arrays.mismatch(back.toArray(ValueLayout.JAVA_BYTE), bytes)).isEqualTo(-1);
    }
  }

  @Test
  void streamsCopyThroughPinnedMemory() {
    byte[] bytes = new byte[BYTES];
    new Random(2).nextBytes(bytes);
    try (Context context = Cuda.require().device(0).open();
        Stream stream = context.stream();
        DeviceMemory first = context.allocate(BYTES);
        DeviceMemory second = context.allocate(BYTES);
        PinnedMemory out = context.allocatePinned(BYTES);
        PinnedMemory back = context.allocatePinned(BYTES)) {
      MemorySegment.copy(bytes, 0, out.segment(), ValueLayout.JAVA_BYTE, 0, BYTES);
      stream.upload(first.span(), out.segment());
      stream.copy(second.span(), first.span());
      stream.fill(second.slice(10, 5), (byte) -2);
      stream.download(back.segment(), second.span());
      stream.synchronize();
      for (int i = 10; i < 15; i++) {
        bytes[i] = -2;
      }
      byte[] copied = back.segment().toArray(ValueLayout.JAVA_BYTE);
      assertThat(Arrays.mismatch(copied, bytes)).isEqualTo(-1);
      assertThat(stream.isIdle()).isTrue();
    }
  }

  @Test
  void wordsAreFilled() {
    try (Context context = Cuda.require().device(0).open();
        Stream stream = context.stream();
        DeviceMemory memory = context.allocate(64);
        PinnedMemory back = context.allocatePinned(64)) {
      stream.fill(memory.span(), (byte) 0);
      stream.fillWords(memory.slice(4, 56), 0x01020304);
      stream.download(back.segment(), memory.address());
      stream.synchronize();
      int[] words = back.segment().toArray(ValueLayout.JAVA_INT);
      assertThat(words[0]).isZero();
      assertThat(words[15]).isZero();
      assertThat(words[1]).isEqualTo(0x01020304);
      assertThat(words[14]).isEqualTo(0x01020304);
    }
  }

  @Test
  void eventsOrderStreamsAndMeasureTime() {
    try (Context context = Cuda.require().device(0).open();
        Stream first = context.stream();
        Stream second = context.stream();
        Event begin = context.event();
        Event end = context.event();
        DeviceMemory memory = context.allocate(1 << 28);
        PinnedMemory back = context.allocatePinned(4)) {
      first.record(begin);
      for (int i = 0; i < 20; i++) {
        first.fill(memory.span(), (byte) i);
      }
      first.record(end);
      second.await(end);
      second.download(back.segment(), memory.address() + memory.bytes() - 4);
      second.synchronize();
      assertThat(back.segment().get(ValueLayout.JAVA_INT, 0)).isEqualTo(0x13131313);
      assertThat(end.isDone()).isTrue();
      assertThat(end.millisSince(begin)).isPositive();
    }
  }

  @Test
  void freeMemoryFallsByWhatIsAllocated() {
    try (Context context = Cuda.require().device(0).open()) {
      long before = context.memory().free();
      try (DeviceMemory memory = context.allocate(1L << 30)) {
        assertThat(memory.address() % 256).isZero();
        assertThat(before - context.memory().free()).isGreaterThanOrEqualTo(1L << 30);
      }
      assertThat(context.memory().total()).isLessThanOrEqualTo(context.device().memoryBytes());
    }
  }

  @Test
  void tooLargeAnAllocationSaysHowMuchIsFree() {
    try (Context context = Cuda.require().device(0).open()) {
      assertThatThrownBy(() -> context.allocate(1L << 50))
          .isInstanceOfSatisfying(
              CudaException.class,
              e -> {
                assertThat(e.isOutOfMemory()).isTrue();
                assertThat(e.device()).isZero();
                assertThat(e.name()).isEqualTo("CUDA_ERROR_OUT_OF_MEMORY");
              })
          .hasMessageContaining("cuMemAlloc_v2 of 1125899906842624 bytes failed on GPU 0")
          .hasMessageContaining("bytes are free");
    }
  }

  @Test
  void closedPinnedMemoryRefusesAccess() {
    try (Context context = Cuda.require().device(0).open()) {
      PinnedMemory memory = context.allocatePinned(16);
      memory.close();
      assertThatThrownBy(() -> memory.segment().get(ValueLayout.JAVA_INT, 0))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void copiesOfOtherSizesAreRefused() {
    try (Context context = Cuda.require().device(0).open();
        DeviceMemory memory = context.allocate(16);
        Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> context.upload(memory.span(), arena.allocate(17)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("17 bytes to or from 16");
      assertThatThrownBy(() -> memory.slice(8, 9)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
