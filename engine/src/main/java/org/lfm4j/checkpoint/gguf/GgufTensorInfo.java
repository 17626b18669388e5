package org.lfm4j.checkpoint.gguf;

import java.util.List;
import java.util.Optional;
import org.lfm4j.tensor.DType;

/**
 * Where a tensor is.
 *
 * @param name as stored
 * @param shape outermost dimension first, the reverse of the file
 * @param typeId number of its type
 * @param offset of its data from the start of all data
 */
record GgufTensorInfo(String name, List<Integer> shape, int typeId, long offset) {

  /** Returns the type, if it is one that is read here. */
  Optional<DType> type() {
    return GgufTypes.find(typeId);
  }
}
