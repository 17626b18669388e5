// Chooses each token's experts and puts the chosen (token, expert) pairs into expert order, all on
// the device.
//
//   scores = sigmoid(a gate^T), experts = best TOP of scores + bias, weights = scores / their sum
//
//   a              [T, hidden]      normed rows
//   gate           [E, hidden]      E at most 64
//   bias           [E] FP32         for choosing only
//   pair_weight    [T, TOP] FP32    what an expert's result counts
//   pair_row       [T, TOP]         where the pair stands in expert order
//   pair_token     [T * TOP]        the token of each pair, in expert order
//   expert_offset  [E + 3]          where an expert's pairs begin, then two zeros
//   logits         [T, 64] FP32     scratch
//   places         [T, TOP]         scratch: expert and place among its pairs
//   counters       [128 + T / 16]   zero between launches: pairs of each expert, groups that are
//                                   done, and from 128 on the blocks of each group that are
//   placing        whether to fill pair_row and pair_token; else place_pairs follows
//
// A group of 16 tokens is scored by several blocks, eight experts each: its warps take a part of
// hidden and their sums are added in order, so that a token's scores don't depend on what else is in
// the batch. The last block of a group chooses, the last of all gives every pair its place: a chain
// of few steps, because with few tokens nothing but waiting costs time here.
//
// grid (T / 16, E / 8) or, where many tokens keep the device busy and reading them again would cost
// more than waiting, (T / 16, 1); block 32 * min(16, hidden / 32); hidden a multiple of 32 a warp, at
// most 128.
#include "routing.cuh"

#define GROUP_COUNTERS 128

// This warp's part of hidden of 16 tokens.
struct Tokens {
  uint4 low[MOST_STEPS], high[MOST_STEPS];  // of rows lane / 4 and lane / 4 + 8
};

DEVICE void load_tokens(const bf16* a, int rows, int hidden, Tokens& tokens) {
  int group = (threadIdx.x & 31) >> 2, part = hidden / (blockDim.x >> 5);
  int from = (threadIdx.x >> 5) * part + (threadIdx.x & 3) * 8;
  const bf16* low = a + (u64)min(group, rows - 1) * hidden + from;
  const bf16* high = a + (u64)min(group + 8, rows - 1) * hidden + from;
#pragma unroll
  for (int i = 0; i < MOST_STEPS; i++) {
    if (i * 32 < part) {
      tokens.low[i] = *(const uint4*)(low + i * 32);
      tokens.high[i] = *(const uint4*)(high + i * 32);
    }
  }
}

// Partial logits of 16 tokens and eight experts over this warp's part of hidden.
DEVICE void partial_logits(const Tokens& a, const uint4 (&b)[MOST_STEPS], int hidden,
                           float (*sums)[EXPERTS]) {
  int warp = threadIdx.x >> 5, group = (threadIdx.x & 31) >> 2, quad = threadIdx.x & 3;
  int part = hidden / (blockDim.x >> 5);
  float d[4] = {};
#pragma unroll
  for (int i = 0; i < MOST_STEPS; i++) {
    if (i * 32 < part) {
      mma_16x8x16(d, a.low[i].x, a.high[i].x, a.low[i].y, a.high[i].y, b[i].x, b[i].y);
      mma_16x8x16(d, a.low[i].z, a.high[i].z, a.low[i].w, a.high[i].w, b[i].z, b[i].w);
    }
  }
  sums += warp * TOKENS;
  *(float2*)(sums[group] + quad * 2) = make_float2(d[0], d[1]);
  *(float2*)(sums[group + 8] + quad * 2) = make_float2(d[2], d[3]);
}

// Adds the warps' sums into logits of the block's tokens [16, 64] and eight experts.
DEVICE void store_logits(const float (*sums)[EXPERTS], int first_expert, int rows, float* logits) {
  for (int i = threadIdx.x; i < rows * EXPERTS; i += blockDim.x) {
    int token = i / EXPERTS, expert = i % EXPERTS;
    float sum = 0.0f;
    for (int w = 0; w < (int)(blockDim.x >> 5); w++) sum += sums[w * TOKENS + token][expert];
    logits[token * MOST_EXPERTS + first_expert + expert] = sum;
  }
}

extern "C" __global__ void __launch_bounds__(512)
    route(const int* rows, const bf16* a, const bf16* gate, const float* bias, Routing routing,
          int hidden, float* pair_weight, int* pair_row, int* pair_token, int* expert_offset,
          float* logits, int* places, int* counters, int placing) {
  __shared__ __align__(16) float sums[MOST_WARPS * TOKENS][EXPERTS];
  __shared__ int begins[MOST_EXPERTS + 1];
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
  uint4 weights[MOST_STEPS];
  load_gate(gate, blockIdx.y * EXPERTS, routing.experts, hidden, weights);
  int total = *rows;  // uploaded before the step
  let_later_kernels_start();
  wait_for_earlier_kernels();
  int first = blockIdx.x * TOKENS, here = min(TOKENS, total - first);
  logits += (u64)first * MOST_EXPERTS;
  if (here > 0) {
    Tokens tokens;
    load_tokens(a + (u64)first * hidden, here, hidden, tokens);
    for (int e = blockIdx.y * EXPERTS; e < routing.experts; e += gridDim.y * EXPERTS) {
      partial_logits(tokens, weights, hidden, sums);
      __syncthreads();
      store_logits(sums, e, here, logits);
      load_gate(gate, e + gridDim.y * EXPERTS, routing.experts, hidden, weights);
      __syncthreads();
    }
  }
  if (!comes_last(counters + GROUP_COUNTERS + blockIdx.x, gridDim.y)) return;
  for (int t = warp; t < here; t += blockDim.x >> 5) {
    float weight;
    const float* own = logits + t * MOST_EXPERTS + lane;
    int expert =
        choose(__ldcg(own), __ldcg(own + 32), load_bias(bias, routing), routing, weight);
    if (lane < TOP) {
      int pair = (first + t) * TOP + lane;
      pair_weight[pair] = weight;
      places[pair] = expert << 24 | atomicAdd(counters + expert, 1);
    }
  }
  if (!comes_last(counters + GROUPS_DONE, gridDim.x)) return;
  if (warp == 0) scan_counts(__ldcg(counters + 2 * lane), __ldcg(counters + 2 * lane + 1), begins);
  __syncthreads();
  store_offsets(begins, routing.experts, expert_offset);
  if (threadIdx.x < MOST_EXPERTS) counters[threadIdx.x] = 0;
  if (!placing) return;
#pragma unroll 4
  for (int p = threadIdx.x; p < total * TOP; p += blockDim.x) {
    place_pair(p, __ldcg(places + p), begins, pair_row, pair_token);
  }
}

// Gives pairs their places after a `route` that did not, for steps of many tokens.
// grid T * TOP / 256, block 256
extern "C" __global__ void __launch_bounds__(256)
    place_pairs(const int* rows, const int* places, const int* expert_offset, int* pair_row,
                int* pair_token) {
  let_later_kernels_start();
  wait_for_earlier_kernels();
  int p = blockIdx.x * blockDim.x + threadIdx.x;
  if (p < *rows * TOP) place_pair(p, places[p], expert_offset, pair_row, pair_token);
}
