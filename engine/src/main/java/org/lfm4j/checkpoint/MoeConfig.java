package org.lfm4j.checkpoint;

/**
 * Sparse mixture-of-experts part of a {@code lfm2_moe} configuration.
 *
 * @param numExperts experts in a layer (E)
 * @param numExpertsPerToken experts a token uses (top-k)
 * @param intermediateSize width of one expert's feed-forward (M)
 * @param numDenseLayers leading layers that keep a dense feed-forward
 * @param normTopkProb whether the chosen experts' weights are renormalised to sum to one
 * @param useExpertBias whether {@code expert_bias} is added for choosing (never for weighting)
 * @param routedScalingFactor factor on the experts' weights
 */
public record MoeConfig(
    int numExperts,
    int numExpertsPerToken,
    int intermediateSize,
    int numDenseLayers,
    boolean normTopkProb,
    boolean useExpertBias,
    float routedScalingFactor) {}
