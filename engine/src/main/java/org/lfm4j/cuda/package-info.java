/**
 * A runner on an NVIDIA GPU: BF16 weights on the device, kernels in CUDA C++ (resources of this
 * package) that are compiled for the GPU at hand.
 */
@NullMarked
package org.lfm4j.cuda;

import org.jspecify.annotations.NullMarked;
