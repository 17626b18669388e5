/**
 * A small typed binding of CUDA's driver library and NVRTC through the foreign-function interface.
 *
 * <p>Nothing here is linked on a machine without CUDA: {@link org.lfm4j.cuda.driver.Cuda#find} says
 * so instead. A {@link org.lfm4j.cuda.driver.Context} belongs to the threads that made it current;
 * everything made from it is used on those threads, one at a time, unless its class says otherwise.
 *
 * <p>Names and meanings follow the CUDA driver API reference (docs.nvidia.com/cuda).
 */
@NullMarked
package org.lfm4j.cuda.driver;

import org.jspecify.annotations.NullMarked;
