package org.lfm4j.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.KernelCall;
import org.lfm4j.cuda.driver.PinnedMemory;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.runner.ChoiceParams;
import org.lfm4j.runner.Choices;
import org.lfm4j.runner.StepResult;

/**
 * Chooses tokens where the logits are ({@code sample.cu}, {@code logprobs.cu}): sends what {@link
 * Choices} say, launches the kernels, brings tokens back. In each step {@link #begin} before the
 * forward pass, {@link #choose} after it, and {@link #read} when the stream has come so far. The
 * next step may begin before the last one is read. Belongs to the runner's thread.
 */
final class DeviceSampler implements AutoCloseable {
  /** Largest vocabulary whose sums of weights the kernels hold. */
  static final int MOST_VOCAB = 131_072;

  private static final String SAMPLE = "sample.cu";
  private static final String LOGPROBS = "logprobs.cu";
  private static final int THREADS = 256;
  private static final int CHOOSE_THREADS = 512;

  /** Blocks of ids that one thread block scans. */
  private static final int SCANNED = 8;

  private final int vocabSize;
  private final SamplerPlaces places;
  private final DeviceMemory device;

  /** What two steps on their way send and get back. */
  private final PinnedMemory[] pinned = new PinnedMemory[2];

  /** That of the step begun last. */
  private MemorySegment host;

  private final KernelCall fillIn;
  private final KernelCall clear;
  private final KernelCall enter;
  private final KernelCall scan;
  private final KernelCall choose;
  private final KernelCall logprobsScan;
  private final KernelCall logprobsTop;

  /**
   * Takes the memory.
   *
   * @param logits device address of FP32 logits [rows, vocabSize]
   * @param slots most sequences of a step
   */
  DeviceSampler(Context context, Kernels kernels, long logits, int vocabSize, int slots) {
    this.vocabSize = vocabSize;
    this.places = SamplerPlaces.of(vocabSize, slots);
    this.device = context.allocate(places.bytes());
    // Results that nobody asked for are brought back among the others.
    try (Stream stream = context.stream()) {
      stream.fill(device.span(), (byte) 0);
      stream.synchronize();
    }
    for (int i = 0; i < pinned.length; i++) {
      pinned[i] = context.allocatePinned(places.hostBytes());
    }
    this.host = pinned[0].segment();
    this.fillIn =
        kernels
            .call(SAMPLE, "sample_fill_in")
            .address(at(places.tokens()))
            .int32(0)
            .address(0)
            .block(THREADS)
            .build();
    this.clear =
        kernels
            .call(SAMPLE, "sample_clear")
            .address(at(places.cleared()))
            .int32(vocabSize)
            .address(at(places.seen()))
            .block(THREADS)
            .build();
    this.enter =
        kernels
            .call(SAMPLE, "sample_enter")
            .address(at(places.entries()))
            .int32(0)
            .int32(vocabSize)
            .address(at(places.seen()))
            .address(at(places.counts()))
            .block(THREADS)
            .build();
    this.scan =
        row(kernels.call(SAMPLE, "sample_scan"), logits)
            .address(at(places.masks()))
            .address(at(places.seen()))
            .address(at(places.counts()))
            .address(at(places.blockKeys()))
            .address(at(places.blockSums()))
            .block(THREADS)
            .build();
    this.choose =
        row(kernels.call(SAMPLE, "sample_choose"), logits)
            .address(at(places.masks()))
            .address(at(places.seen()))
            .address(at(places.counts()))
            .address(at(places.blockKeys()))
            .address(at(places.blockSums()))
            .address(at(places.tokens()))
            .block(CHOOSE_THREADS)
            .build();
    this.logprobsScan = logprobs(kernels, "logprobs_scan", logits).build();
    this.logprobsTop =
        logprobs(kernels, "logprobs_top", logits)
            .address(at(places.logprobs()))
            .address(at(places.ranks()))
            .address(at(places.topIds()))
            .address(at(places.topLogprobs()))
            .build();
  }

  /** Returns the bytes that this many slots take on the device. */
  static long bytes(int vocabSize, int slots) {
    return vocabSize > MOST_VOCAB ? 0 : SamplerPlaces.of(vocabSize, slots).bytes();
  }

  private KernelCall.Builder row(KernelCall.Builder call, long logits) {
    return call.address(at(places.choices())).address(at(0)).address(logits).int32(vocabSize);
  }

  private KernelCall.Builder logprobs(Kernels kernels, String name, long logits) {
    return row(kernels.call(LOGPROBS, name), logits)
        .address(at(places.tokens()))
        .address(at(places.blockKeys()))
        .address(at(places.blockSums()))
        .address(at(places.higher()))
        .block(THREADS);
  }

  private long at(long place) {
    return device.address() + place;
  }

  /**
   * Puts tokens that the step before chooses in the places where the batch names them.
   *
   * @param tokens device address of the step's tokens, int [rows]
   */
  void fillIn(Stream stream, long tokens, int rows) {
    fillIn.setInt32(1, rows).set(2, tokens).grid(Math.ceilDiv(rows, THREADS)).launch(stream);
  }

  /**
   * Sends what is known before the forward pass: the choices, and what slots begin with.
   *
   * @param turn whose host memory is free, 0 or 1
   */
  void begin(Stream stream, int turn, Choices choices) {
    host = pinned[turn].segment();
    int count = choices.count();
    if (count == 0) {
      return;
    }
    host.set(JAVA_INT, 0, count);
    for (int i = 0; i < count; i++) {
      write(choices, i, places.choices() + (long) i * SamplerPlaces.CHOICE_BYTES);
    }
    upload(stream, 0, places.choices() + (long) count * SamplerPlaces.CHOICE_BYTES);
    clearSlots(stream, choices);
    for (int from = 0; from < choices.entryCount(); from += SamplerPlaces.ENTRIES) {
      if (from > 0) {
        // The same host memory again, which the last copy must have left.
        stream.synchronize();
      }
      enter(stream, choices, from, Math.min(SamplerPlaces.ENTRIES, choices.entryCount() - from));
    }
  }

  private static boolean wantsLogprobs(Choices choices) {
    for (int i = 0; i < choices.count(); i++) {
      if (choices.params(i).logprobs() != ChoiceParams.NO_LOGPROBS) {
        return true;
      }
    }
    return false;
  }

  /** Writes {@code struct Choice} of {@code sampling.cuh}. */
  private void write(Choices choices, int i, long place) {
    ChoiceParams params = choices.params(i);
    host.set(JAVA_DOUBLE, place, choices.uniform(i));
    host.set(JAVA_DOUBLE, place + 8, params.drop());
    host.set(JAVA_DOUBLE, place + 16, params.repetition());
    host.set(JAVA_DOUBLE, place + 24, params.frequency());
    host.set(JAVA_DOUBLE, place + 32, params.presence());
    host.set(JAVA_DOUBLE, place + 40, params.topP());
    host.set(JAVA_FLOAT, place + 48, (float) params.temperature());
    host.set(JAVA_INT, place + 52, params.topK());
    host.set(JAVA_INT, place + 56, choices.logitIndex(i));
    host.set(JAVA_INT, place + 60, choices.slot(i));
    host.set(JAVA_INT, place + 64, choices.mask(i));
    host.set(JAVA_INT, place + 68, params.logprobs());
  }

  private void clearSlots(Stream stream, Choices choices) {
    int count = choices.clearedCount();
    if (count > 0) {
      for (int i = 0; i < count; i++) {
        host.set(JAVA_INT, places.cleared() + (long) i * Integer.BYTES, choices.clearedSlot(i));
      }
      upload(stream, places.cleared(), (long) count * Integer.BYTES);
      int blocks = Math.ceilDiv(SamplerPlaces.words(vocabSize), THREADS);
      clear.grid(blocks, count, 1).launch(stream);
    }
  }

  private void enter(Stream stream, Choices choices, int from, int count) {
    for (int i = 0; i < count; i++) {
      long place = places.entries() + (long) i * SamplerPlaces.ENTRY_BYTES;
      host.set(JAVA_INT, place, choices.entrySlot(from + i));
      host.set(JAVA_INT, place + 4, choices.entryToken(from + i));
      host.set(JAVA_INT, place + 8, choices.entryOutputs(from + i));
    }
    upload(stream, places.entries(), (long) count * SamplerPlaces.ENTRY_BYTES);
    enter.setInt32(1, count).grid(Math.ceilDiv(count, THREADS)).launch(stream);
  }

  /** Chooses from the logits that the stream has computed by then, and brings the tokens back. */
  void choose(Stream stream, Choices choices) {
    int count = choices.count();
    if (count == 0) {
      return;
    }
    if (choices.maskCount() > 0) {
      choices.awaitMasks();
      int longs = choices.maskCount() * choices.maskWords();
      MemorySegment.copy(choices.maskBits(), 0, host, JAVA_LONG, places.masks(), longs);
      upload(stream, places.masks(), (long) longs * Long.BYTES);
    }
    int scans = Math.ceilDiv(SamplerPlaces.blocks(vocabSize), SCANNED);
    scan.grid(scans, count, 1).launch(stream);
    choose.grid(count).launch(stream);
    long end = places.tokens() + (long) count * Integer.BYTES;
    if (wantsLogprobs(choices)) {
      logprobsScan.grid(scans, count, 1).launch(stream);
      logprobsTop.grid(count).launch(stream);
      end = places.hostBytes();
    }
    stream.download(host.asSlice(places.tokens(), end - places.tokens()), at(places.tokens()));
  }

  /**
   * Hands over what has come back.
   *
   * @param turn that {@link #begin} was given
   */
  void read(int turn, Choices choices, StepResult result) {
    MemorySegment from = pinned[turn].segment();
    int count = choices.count();
    MemorySegment.copy(from, JAVA_INT, places.tokens(), result.tokens(), 0, count);
    if (wantsLogprobs(choices)) {
      int tops = count * StepResult.MAX_LOGPROBS;
      MemorySegment.copy(from, JAVA_FLOAT, places.logprobs(), result.logprobs(), 0, count);
      MemorySegment.copy(from, JAVA_INT, places.ranks(), result.ranks(), 0, count);
      MemorySegment.copy(from, JAVA_INT, places.topIds(), result.topIds(), 0, tops);
      MemorySegment.copy(from, JAVA_FLOAT, places.topLogprobs(), result.topLogprobs(), 0, tops);
    }
  }

  private void upload(Stream stream, long place, long bytes) {
    stream.upload(at(place), host.asSlice(place, bytes));
  }

  @Override
  public void close() {
    device.close();
    pinned[0].close();
    pinned[1].close();
  }
}
