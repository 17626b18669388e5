/** The model on an NVIDIA GPU: weights, kernels and the runner. */
@NullMarked
package org.lfm4j.cuda;

import org.jspecify.annotations.NullMarked;
