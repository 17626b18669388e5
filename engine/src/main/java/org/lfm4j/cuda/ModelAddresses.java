package org.lfm4j.cuda;

import java.util.List;

/**
 * Device addresses of all weights of a model, each 256-byte aligned, all row-major BF16 except the
 * experts' biases. H is hidden, V vocabulary.
 *
 * @param embedding [V, H]
 * @param layers first to last
 * @param norm the final norm [H], which safetensors files call {@code embedding_norm}
 * @param head matrix of the logits [V, H]; the embedding's address if the model shares it
 */
record ModelAddresses(long embedding, List<LayerAddresses> layers, long norm, long head) {
  ModelAddresses {
    layers = List.copyOf(layers);
  }
}
