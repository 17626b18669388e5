package org.lfm4j.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.CudaException;
import org.lfm4j.cuda.driver.Device;
import org.lfm4j.cuda.driver.DeviceMemory;
import org.lfm4j.cuda.driver.DeviceSpan;
import org.lfm4j.cuda.driver.KernelCache;
import org.lfm4j.cuda.driver.PinnedMemory;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.BatchCheck;
import org.lfm4j.runner.BrokenRunnerException;
import org.lfm4j.runner.CacheSpec;
import org.lfm4j.runner.Runner;
import org.lfm4j.runner.StepResult;

/**
 * The model on an NVIDIA GPU: BF16 weights and cache pages on the device, FP32 sums. A step is
 * enqueued as a whole, and nothing is read back but what the caller wants.
 *
 * <p>The thread that calls is the device's owner from then on; it must be a platform thread.
 */
public final class CudaRunner implements Runner {
  private final ModelConfig config;
  private final Context context;
  private final DeviceWeights weights;
  private final PageLayout pages;
  private final Kernels kernels;
  private final Stream stream;
  private final Deque<AutoCloseable> resources = new ArrayDeque<>();

  private @Nullable Thread owner;
  private @Nullable Memory memory;
  private boolean broken;

  /**
   * What {@link #allocate} made.
   *
   * @param pageCount cache pages
   * @param maxRows most rows of a step
   * @param maxLogitRows most rows of a step that want logits
   * @param pool of pages
   */
  private record Memory(
      int pageCount,
      int maxRows,
      int maxLogitRows,
      DeviceMemory pool,
      Workspace work,
      StepQueue steps) {}

  /**
   * Compiles the kernels of a model.
   *
   * @param context of the GPU; closed with this
   * @param weights on it; closed with this
   * @param portable whether to do without what only newer GPUs have
   * @throws org.lfm4j.cuda.driver.CudaException if NVRTC isn't installed
   */
  public CudaRunner(
      Context context,
      ModelConfig config,
      DeviceWeights weights,
      KernelCache cache,
      boolean portable) {
    this.config = config;
    this.context = context;
    this.weights = weights;
    this.pages = new PageLayout(config);
    makeCurrent();
    resources.push(context);
    resources.push(weights);
    this.kernels = own(Kernels.load(context, config, cache, portable));
    this.stream = own(context.stream());
  }

  /**
   * Compiles a model's kernels, or finds them compiled, so that a runner needn't wait for it. From
   * any thread.
   *
   * @throws org.lfm4j.cuda.driver.CudaException if NVRTC isn't installed
   */
  public static void compile(
      Device device, ModelConfig config, KernelCache cache, boolean portable) {
    Kernels.compile(device, config, cache, portable);
  }

  @Override
  public ModelConfig config() {
    return config;
  }

  /** Returns what a page of a model costs. */
  public static CacheSpec cacheSpec(ModelConfig config) {
    return new PageLayout(config).spec();
  }

  /** Returns the bytes that a model's steps of these sizes need on the device. */
  public static long workspaceBytes(ModelConfig config, int maxRows, int maxLogitRows) {
    return Workspace.at(0, config, maxRows, maxLogitRows).bytes()
        + AttentionScratch.bytes(config)
        + (DecodeOneShape.fits(config) ? DecodeOneMemory.bytes(config) : 0)
        + DeviceSampler.bytes(config.vocabSize(), maxLogitRows)
        + places(config, Integer.MAX_VALUE, maxRows, maxLogitRows).bytes();
  }

  @Override
  public CacheSpec cacheSpec() {
    return cacheSpec(config);
  }

  @Override
  public long workspaceBytes(int maxRows, int maxLogitRows) {
    return workspaceBytes(config, maxRows, maxLogitRows);
  }

  @Override
  public void allocate(int pageCount, int maxRows, int maxLogitRows) {
    makeCurrent();
    DeviceMemory pool = own(context.allocate(pageCount * pages.pageBytes()));
    Workspace sizes = Workspace.at(0, config, maxRows, maxLogitRows);
    DeviceMemory block = own(context.allocate(sizes.bytes()));
    Workspace work = Workspace.at(block.address(), config, maxRows, maxLogitRows);
    stream.fill(block.span(), (byte) 0);
    StepInputs inputs = inputs(places(config, pageCount, maxRows, maxLogitRows));
    AttentionScratch scratch =
        AttentionScratch.fill(
            context, stream, config, own(context.allocate(AttentionScratch.bytes(config))));
    ForwardPass forward =
        ForwardPass.of(
            parts(
                inputs,
                work,
                pool.address(),
                scratch,
                new HopperProducts.Capacity(maxRows, maxLogitRows, work.expertDelta())));
    AttentionWork attention =
        new AttentionWork(
            config.numKvHeads(),
            kernels.multiprocessors(),
            Attentions.chunkTokens(config),
            AttentionWork.mostItems(maxRows, maxLogitRows, Attentions.chunkTokens(config)));
    PinnedMemory logits = own(context.allocatePinned(4L * maxLogitRows * config.vocabSize()));
    StepGraphs graphs = own(new StepGraphs(stream, forward, maxLogitRows));
    StepQueue steps =
        own(
            new StepQueue(
                context,
                stream,
                new StepQueue.Parts(
                    inputs,
                    attention,
                    graphs,
                    forward,
                    decodeOne(inputs, work, pool, scratch),
                    config.moe().map(moe -> expertCount(work)),
                    new HostLogits(logits.segment(), work.logits(), config.vocabSize()))));
    memory = new Memory(pageCount, maxRows, maxLogitRows, pool, work, steps);
    stream.synchronize();
  }

  private ExpertCount expertCount(Workspace work) {
    PinnedMemory host = own(context.allocatePinned(ExpertCount.bytes(config)));
    return new ExpertCount(config, work.expertOffset(), host.segment());
  }

  @Override
  public boolean choosesTokens() {
    return config.vocabSize() <= DeviceSampler.MOST_VOCAB;
  }

  @Override
  public void allocateSlots(int slots) {
    makeCurrent();
    Memory m = memory();
    m.steps.chooseWith(
        own(new DeviceSampler(context, kernels, m.work.logits(), config.vocabSize(), slots)));
  }

  private ForwardPass.Parts parts(
      StepInputs inputs,
      Workspace work,
      long pool,
      AttentionScratch scratch,
      HopperProducts.Capacity capacity) {
    StepCounts counts = inputs.counts();
    int hidden = config.hiddenSize();
    return new ForwardPass.Parts(
        config,
        weights.addresses(),
        pages,
        inputs,
        work,
        new Norms(kernels, config, counts, work),
        kernels.hopper()
            ? new HopperProducts(kernels, counts, capacity)
            : new PortableProducts(kernels, counts),
        new Convolutions(kernels, inputs, work, hidden, pool, pages.pageBytes()),
        new Attentions(kernels, inputs, work, config, pool, scratch),
        config.moe().map(moe -> new Router(kernels, counts, work, config)));
  }

  private Optional<Operator> decodeOne(
      StepInputs inputs, Workspace work, DeviceMemory pool, AttentionScratch scratch) {
    if (!kernels.decodeOne()) {
      return Optional.empty();
    }
    DeviceMemory block = own(context.allocate(DecodeOneMemory.bytes(config)));
    ModelAddresses addresses = weights.addresses();
    DecodeOneMemory memory = DecodeOneMemory.fill(context, stream, config, addresses, block, pool);
    return Optional.of(
        new DecodeOne(
            kernels,
            config,
            addresses,
            memory,
            inputs,
            work,
            scratch.frequencies(),
            pool.address()));
  }

  private static StepInputs.Places places(
      ModelConfig config, int pageCount, int maxRows, int maxLogitRows) {
    int longest = cacheSpec(config).pagesFor(config.maxPositionEmbeddings());
    int table = Math.multiplyExact(maxLogitRows, Math.min(pageCount, longest));
    int items = AttentionWork.mostItems(maxRows, maxLogitRows, Attentions.chunkTokens(config));
    return StepInputs.Places.of(maxRows, maxLogitRows, maxLogitRows, items, table);
  }

  private StepInputs inputs(StepInputs.Places places) {
    MemorySegment[] hosts = {
      own(context.allocatePinned(places.bytes())).segment(),
      own(context.allocatePinned(places.bytes())).segment()
    };
    DeviceMemory device = own(context.allocate(places.bytes()));
    // A step uploads only what it uses, and recorded steps may look at more.
    stream.fill(device.span(), (byte) 0);
    return new StepInputs(places, hosts, device.address());
  }

  @Override
  public void step(Batch batch, StepResult result) {
    step(batch, result, () -> {});
  }

  @Override
  public void step(Batch batch, StepResult result, Runnable meanwhile) {
    begin(batch);
    try {
      meanwhile.run();
    } finally {
      await(result);
    }
  }

  @Override
  public boolean overlapsSteps() {
    return choosesTokens();
  }

  @Override
  public void begin(Batch batch) {
    Memory m = memory();
    BatchCheck.check(
        batch, config.vocabSize(), m.pageCount, PageLayout.TOKENS, m.steps.chosenBefore());
    if (batch.rows() > m.maxRows || batch.logitCount() > m.maxLogitRows) {
      throw new IllegalArgumentException(
          "a step of %d rows and %d rows of logits, but memory was taken for %d and %d"
              .formatted(batch.rows(), batch.logitCount(), m.maxRows, m.maxLogitRows));
    }
    makeCurrent();
    try {
      m.steps.begin(batch);
    } catch (CudaException e) {
      throw brokenBy(e);
    }
  }

  @Override
  public void await(StepResult result) {
    makeCurrent();
    try {
      memory().steps.await(result);
    } catch (CudaException e) {
      throw brokenBy(e);
    }
  }

  /** A failed kernel takes its context with it: from then on every call fails. */
  private RuntimeException brokenBy(CudaException failure) {
    try {
      context.synchronize();
      return failure;
    } catch (CudaException again) {
      broken = true;
      return new BrokenRunnerException(
          "the GPU has failed and can't be used by this process any more (%s): start it again"
              .formatted(failure.getMessage()),
          failure);
    }
  }

  @Override
  public double expertsPerLayer() {
    return memory().steps.expertsPerLayer();
  }

  /**
   * Returns the experts [rows, top] that the last layer chose for the rows of the last step, which
   * had more than 16 rows; to find out where an evaluation leaves another one.
   *
   * @throws java.util.NoSuchElementException if the model has no experts
   */
  int[] lastExperts(int rows) {
    long bytes = 4L * rows * config.moe().orElseThrow().numExpertsPerToken();
    makeCurrent();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment places = arena.allocate(bytes, 4);
      context.download(places, new DeviceSpan(memory().work.places(), bytes));
      return Arrays.stream(places.toArray(ValueLayout.JAVA_INT)).map(Router::expertOf).toArray();
    }
  }

  private Memory memory() {
    return Optional.ofNullable(memory)
        .orElseThrow(() -> new IllegalStateException("allocate must come before the first step"));
  }

  @Override
  public void copyPage(int from, int to) {
    Memory m = memory();
    makeCurrent();
    long bytes = pages.pageBytes();
    stream.copy(m.pool.address() + to * bytes, m.pool.address() + from * bytes, bytes);
  }

  /** A context is current for a thread; the engine's isn't the one that loads. */
  private void makeCurrent() {
    Thread thread = Thread.currentThread();
    if (!thread.equals(owner)) {
      context.makeCurrent();
      owner = thread;
    }
  }

  private <T extends AutoCloseable> T own(T resource) {
    resources.push(resource);
    return resource;
  }

  @Override
  public void close() {
    makeCurrent();
    try {
      stream.synchronize();
    } catch (CudaException e) {
      // Whoever used the steps on their way was told.
    }
    while (!resources.isEmpty()) {
      closeOne(resources.pop());
    }
  }

  private void closeOne(AutoCloseable resource) {
    try {
      resource.close();
    } catch (RuntimeException e) {
      // Of a broken context nothing can be freed; the process has to end anyway.
      if (!(broken && e instanceof CudaException)) {
        throw e;
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
