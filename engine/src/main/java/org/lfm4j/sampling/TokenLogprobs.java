package org.lfm4j.sampling;

/**
 * How likely a token was, and which were the most likely ones in its place.
 *
 * @param token id of the token
 * @param logprob its natural log-probability; negative infinity if its logit is
 * @param rank 1 for the most likely token of the vocabulary; equals rank by id
 * @param topIds the most likely ids, most likely first
 * @param topLogprobs their log-probabilities
 */
public record TokenLogprobs(
    int token, float logprob, int rank, int[] topIds, float[] topLogprobs) {}
