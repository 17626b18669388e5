package org.lfm4j.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A launch site: a kernel with its arguments, shape and attributes in one block of native memory,
 * written once and changed in place, so that a launch allocates nothing. Belongs to one thread.
 *
 * <p>The block holds a {@code CUlaunchConfig}, its attributes, the array of pointers to the
 * arguments, and the arguments, each in a slot that is aligned for any type.
 */
public final class KernelCall {
  // struct CUlaunchConfig: seven unsigned ints, then hStream, attrs, numAttrs.
  private static final long BLOCK = 12;
  private static final long SHARED = 24;
  private static final long STREAM = 32;
  private static final long ATTRIBUTES = 40;
  private static final long ATTRIBUTE_COUNT = 48;
  private static final long CONFIG_BYTES = 56;
  // struct CUlaunchAttribute: id, padding, a union of 64 bytes.
  private static final long ATTRIBUTE_BYTES = 72;
  private static final long ATTRIBUTE_VALUE = 8;
  private static final int MOST_ATTRIBUTES = 3;
  private static final int COOPERATIVE = 2;
  private static final int CLUSTER_DIMENSION = 4;
  private static final int PROGRAMMATIC_STREAM_SERIALIZATION = 6;

  private final Kernel kernel;
  private final MemorySegment block;
  private final MemorySegment pointers;
  private final Argument[] arguments;
  private final long[] slots;

  private KernelCall(Builder builder) {
    this.kernel = builder.kernel;
    this.arguments = builder.arguments.toArray(Argument[]::new);
    this.slots = new long[arguments.length];
    long pointersAt = CONFIG_BYTES + MOST_ATTRIBUTES * ATTRIBUTE_BYTES;
    long end = pointersAt + ADDRESS.byteSize() * Math.max(1, arguments.length);
    for (int i = 0; i < arguments.length; i++) {
      slots[i] = Math.ceilDiv(end, Argument.ALIGNMENT) * Argument.ALIGNMENT;
      end = slots[i] + arguments[i].bytes();
    }
    this.block = Arena.ofAuto().allocate(end, Argument.ALIGNMENT);
    this.pointers = block.asSlice(pointersAt, ADDRESS.byteSize() * arguments.length);
    for (int i = 0; i < arguments.length; i++) {
      pointers.setAtIndex(JAVA_LONG, i, block.address() + slots[i]);
      arguments[i].write(block, slots[i]);
    }
    grid(builder.gridX, builder.gridY, builder.gridZ);
    block(builder.blockX, builder.blockY, builder.blockZ);
    shared(builder.shared);
    writeAttributes(builder);
  }

  /** Returns the kernel. */
  public Kernel kernel() {
    return kernel;
  }

  /** Changes an argument that was declared as an address or a 64-bit integer. */
  public KernelCall set(int index, long value) {
    block.set(JAVA_LONG, slot(index, Argument.Type.INT64), value);
    return this;
  }

  /** Changes an argument that was declared as a 32-bit integer. */
  public KernelCall setInt32(int index, int value) {
    block.set(JAVA_INT, slot(index, Argument.Type.INT32), value);
    return this;
  }

  /** Changes an argument that was declared as a float. */
  public KernelCall setFloat32(int index, float value) {
    block.set(JAVA_FLOAT, slot(index, Argument.Type.FLOAT32), value);
    return this;
  }

  /** Changes a tensor map. */
  public KernelCall set(int index, TensorMap map) {
    return setStruct(index, map.segment());
  }

  /** Changes a struct; its size stays as it was declared. */
  public KernelCall setStruct(int index, MemorySegment value) {
    long slot = slot(index, Argument.Type.STRUCT);
    if (value.byteSize() != arguments[index].bytes()) {
      throw new IllegalArgumentException(
          "argument %d of %s has %d bytes, not %d"
              .formatted(index, kernel.name(), arguments[index].bytes(), value.byteSize()));
    }
    MemorySegment.copy(value, 0, block, slot, value.byteSize());
    return this;
  }

  /** Changes the number of blocks in x; y and z become 1. */
  public KernelCall grid(int x) {
    return grid(x, 1, 1);
  }

  /** Changes the number of blocks. */
  public KernelCall grid(int x, int y, int z) {
    writeThree(0, x, y, z);
    return this;
  }

  /** Changes the number of threads of a block. */
  public KernelCall block(int x, int y, int z) {
    writeThree(BLOCK, x, y, z);
    return this;
  }

  /** Changes the dynamic shared memory of a block. */
  public KernelCall shared(int bytes) {
    block.set(JAVA_INT, SHARED, bytes);
    return this;
  }

  /** Enqueues the kernel; what it does wrong is thrown by a later synchronisation. */
  public void launch(Stream stream) {
    block.set(JAVA_LONG, STREAM, stream.handle());
    try {
      Driver.LAUNCH_KERNEL.call(block, kernel.handle(), pointers, MemorySegment.NULL);
    } catch (CudaException e) {
      throw new CudaException(
          e.code(), e.name(), e.text(), "%s of %s".formatted(e.call(), describe()), e.device());
    }
  }

  private String describe() {
    return "%s, grid %s, block %s, %d bytes of shared memory"
        .formatted(kernel.name(), three(0), three(BLOCK), block.get(JAVA_INT, SHARED));
  }

  private String three(long offset) {
    return "%dx%dx%d"
        .formatted(
            block.get(JAVA_INT, offset),
            block.get(JAVA_INT, offset + 4),
            block.get(JAVA_INT, offset + 8));
  }

  private void writeThree(long offset, int x, int y, int z) {
    block.set(JAVA_INT, offset, x);
    block.set(JAVA_INT, offset + 4, y);
    block.set(JAVA_INT, offset + 8, z);
  }

  private void writeAttributes(Builder builder) {
    int count = 0;
    if (builder.cooperative) {
      writeThree(attribute(count++, COOPERATIVE), 1, 0, 0);
    }
    if (builder.programmatic) {
      writeThree(attribute(count++, PROGRAMMATIC_STREAM_SERIALIZATION), 1, 0, 0);
    }
    if (builder.cluster > 1) {
      writeThree(attribute(count++, CLUSTER_DIMENSION), builder.cluster, 1, 1);
    }
    block.set(JAVA_LONG, ATTRIBUTES, count == 0 ? 0 : block.address() + CONFIG_BYTES);
    block.set(JAVA_INT, ATTRIBUTE_COUNT, count);
  }

  private long attribute(int i, int id) {
    long at = CONFIG_BYTES + i * ATTRIBUTE_BYTES;
    block.set(JAVA_INT, at, id);
    return at + ATTRIBUTE_VALUE;
  }

  private long slot(int index, Argument.Type type) {
    if (arguments[index].type() != type) {
      throw new IllegalArgumentException(
          "argument %d of %s is %s, not %s"
              .formatted(index, kernel.name(), arguments[index].type(), type));
    }
    return slots[index];
  }

  /** Declares a launch site: first argument first. */
  public static final class Builder {
    private final Kernel kernel;
    private final List<Argument> arguments = new ArrayList<>();
    private int gridX = 1;
    private int gridY = 1;
    private int gridZ = 1;
    private int blockX = 1;
    private int blockY = 1;
    private int blockZ = 1;
    private int shared;
    private int cluster = 1;
    private boolean programmatic;
    private boolean cooperative;

    Builder(Kernel kernel) {
      this.kernel = kernel;
    }

    /** Adds a pointer to device memory. */
    public Builder address(long value) {
      return int64(value);
    }

    /** Adds a 64-bit integer. */
    public Builder int64(long value) {
      arguments.add(Argument.of(value));
      return this;
    }

    /** Adds a 32-bit integer. */
    public Builder int32(int value) {
      arguments.add(Argument.of(value));
      return this;
    }

    /** Adds a float. */
    public Builder float32(float value) {
      arguments.add(Argument.of(value));
      return this;
    }

    /** Adds a tensor map by value: in the kernel a {@code __grid_constant__ const TensorMap}. */
    public Builder tensorMap(TensorMap map) {
      return struct(map.segment());
    }

    /** Adds a struct by value; its bytes are copied. */
    public Builder struct(MemorySegment value) {
      arguments.add(Argument.of(value));
      return this;
    }

    /** Sets the number of blocks; 1 unless set. */
    public Builder grid(int x, int y, int z) {
      gridX = x;
      gridY = y;
      gridZ = z;
      return this;
    }

    /** Sets the number of blocks in x. */
    public Builder grid(int x) {
      return grid(x, 1, 1);
    }

    /** Sets the number of threads of a block; 1 unless set. */
    public Builder block(int x, int y, int z) {
      blockX = x;
      blockY = y;
      blockZ = z;
      return this;
    }

    /** Sets the number of threads of a block. */
    public Builder block(int x) {
      return block(x, 1, 1);
    }

    /** Sets the dynamic shared memory of a block; allows the kernel that much where it must. */
    public Builder shared(int bytes) {
      shared = bytes;
      return this;
    }

    /** Sets the number of blocks of a cluster (sm_90 and newer). */
    public Builder cluster(int x) {
      cluster = x;
      return this;
    }

    /**
     * Lets the kernel start before the one ahead of it is done (programmatic dependent launch,
     * sm_90 and newer): it must itself wait before it reads anything.
     */
    public Builder programmatic(boolean on) {
      programmatic = on;
      return this;
    }

    /** Requires that all blocks are resident at a time. */
    public Builder cooperative(boolean on) {
      cooperative = on;
      return this;
    }

    /**
     * Makes the launch site.
     *
     * @throws IllegalArgumentException if the kernel has other arguments (where the driver can say)
     */
    public KernelCall build() {
      kernel.checkArguments(arguments.stream().map(Argument::bytes).toList());
      kernel.allowSharedAtLeast(shared);
      return new KernelCall(this);
    }
  }
}
