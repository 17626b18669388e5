package org.lfm4j.kernels;

/**
 * Java's Vector API, which serves where there are no kernels in C. It is an incubator module: a
 * process has it only if it was started with {@code --add-modules jdk.incubator.vector}, and then
 * starts later, since Java's start-up cache holds no linked classes beside it.
 */
public final class VectorApi {
  /** Whether this process has it. */
  public static final boolean PRESENT =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

  private VectorApi() {}
}
