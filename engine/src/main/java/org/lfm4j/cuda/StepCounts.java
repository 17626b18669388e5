package org.lfm4j.cuda;

/**
 * Device addresses of what kernels read to learn how large the step really is.
 *
 * @param rows tokens of the step, a 32-bit integer
 * @param logitRows rows whose logits are wanted
 */
record StepCounts(long rows, long logitRows) {}
