package org.lfm4j.cuda;

import org.lfm4j.cuda.driver.Stream;

/** Some kernels of a step with all their arguments, ready to be launched at any size. */
@FunctionalInterface
interface Operator {
  /** Enqueues them. */
  void launch(Stream stream, StepSize size);
}
