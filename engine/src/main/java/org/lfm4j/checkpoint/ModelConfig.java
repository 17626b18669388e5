package org.lfm4j.checkpoint;

import java.util.List;
import java.util.Optional;

/**
 * The shape of one LFM2 model, with every alias and default of config.json already resolved.
 *
 * @param modelType {@code lfm2} or {@code lfm2_moe}
 * @param vocabSize rows of the embedding (V)
 * @param hiddenSize width of the residual stream (H)
 * @param layers kind of each layer, first to last
 * @param numHeads query heads
 * @param numKvHeads key and value heads
 * @param headDim width of one head
 * @param intermediateSize width of the dense feed-forward (F), adjusted
 * @param convLength taps of the short convolution (L, 3 in all published models); its state keeps
 *     L-1 columns
 * @param convBias whether the convolution block has biases
 * @param normEps epsilon of every RMSNorm
 * @param ropeTheta base of the rotary embedding
 * @param maxPositionEmbeddings longest sequence the configuration allows
 * @param tieWordEmbeddings whether the logits use the embedding matrix
 * @param moe present for {@code lfm2_moe}
 * @param bosTokenId id that starts a text
 * @param eosTokenId id that ends a turn
 * @param padTokenId id of padding
 */
public record ModelConfig(
    String modelType,
    int vocabSize,
    int hiddenSize,
    List<LayerKind> layers,
    int numHeads,
    int numKvHeads,
    int headDim,
    int intermediateSize,
    int convLength,
    boolean convBias,
    float normEps,
    double ropeTheta,
    int maxPositionEmbeddings,
    boolean tieWordEmbeddings,
    Optional<MoeConfig> moe,
    int bosTokenId,
    int eosTokenId,
    int padTokenId) {

  /** Copies the layer list. */
  public ModelConfig {
    layers = List.copyOf(layers);
  }

  /** Returns whether layer {@code i} routes to experts. */
  public boolean isMoeLayer(int i) {
    return moe.isPresent() && i >= moe.get().numDenseLayers();
  }

  /** Returns the number of stored weights, expert biases included. */
  public long parameterCount() {
    return ExpectedTensors.of(this).values().stream()
        .mapToLong(shape -> shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b))
        .sum();
  }

  /** Returns how many parameters one token uses: all but the experts that it is not routed to. */
  public long activeParameterCount() {
    if (moe.isEmpty()) {
      return parameterCount();
    }
    MoeConfig experts = moe.get();
    long idle = (long) experts.numExperts() - experts.numExpertsPerToken();
    long moeLayers = (long) layers.size() - experts.numDenseLayers();
    return parameterCount() - moeLayers * idle * 3 * hiddenSize * experts.intermediateSize();
  }
}
