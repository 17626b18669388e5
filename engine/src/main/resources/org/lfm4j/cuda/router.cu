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
//   expert_offset  [E + 1]          where an expert's pairs begin
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
#include "common.cuh"

#ifndef TOP
#define TOP 4  // experts a token uses
#endif
#define TOKENS 16
#define EXPERTS 8  // of a block
#define MOST_EXPERTS 64
#define MOST_WARPS 16
#define MOST_STEPS 4  // of 32 channels, a warp
#define GROUPS_DONE MOST_EXPERTS
#define GROUP_COUNTERS 128

struct Routing {
  int experts;
  int normed;   // whether a token's weights are made to sum to one
  float scale;  // on the weights
};

// The gate of this warp's part of hidden, which no earlier kernel writes. The order of k inside the
// matrix instruction is free as long as both operands agree: a lane takes eight consecutive channels
// of its row and feeds them to two products.
DEVICE void load_gate(const bf16* gate, int first_expert, int experts, int hidden,
                      uint4 (&b)[MOST_STEPS]) {
  int lane = threadIdx.x & 31, part = hidden / (blockDim.x >> 5);
  int expert = min(first_expert + (lane >> 2), experts - 1);
  const bf16* from = gate + (u64)expert * hidden + (threadIdx.x >> 5) * part + (lane & 3) * 8;
#pragma unroll
  for (int i = 0; i < MOST_STEPS; i++) {
    if (i * 32 < part) b[i] = *(const uint4*)(from + i * 32);
  }
}

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

// Floats as integers of the same order.
DEVICE u32 ordered(float v) {
  u32 bits = __float_as_uint(v);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

// The expert of a warp's best key, whose key becomes 0; the lower expert wins a tie. A lane holds
// experts lane and lane + 32.
DEVICE int take_best(u32 (&key)[2]) {
  u32 best = __reduce_max_sync(FULL_WARP, max(key[0], key[1]));
  u32 first = __ballot_sync(FULL_WARP, key[0] == best);
  u32 second = __ballot_sync(FULL_WARP, key[1] == best);
  int expert = first ? __ffs(first) - 1 : 31 + __ffs(second);
  int half = expert >> 5;
  if ((threadIdx.x & 31) == (expert & 31)) key[half] = 0;
  return expert;
}

// One warp chooses for one token, from its logits: the first TOP lanes get an expert and its weight.
DEVICE int choose(const float* logits, const float* bias, const Routing& routing, float& weight) {
  int lane = threadIdx.x & 31;
  float score[2];
  u32 key[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    int expert = lane + 32 * i;
    bool exists = expert < routing.experts;
    float logit = exists ? __ldcg(logits + expert) : 0.0f;
    // As in the reference, which computes both in BF16.
    score[i] = round_bf16(1.0f / (1.0f + expf(-round_bf16(logit))));
    // A NaN sorts above all and is chosen once like any other; 0 is below every float.
    key[i] = exists ? ordered(score[i] + (bias ? bias[expert] : 0.0f)) : 0;
  }
  float sum = 0.0f;
  int mine = 0;
  weight = 0.0f;
#pragma unroll
  for (int j = 0; j < TOP; j++) {
    int expert = take_best(key);
    float s = __shfl_sync(FULL_WARP, expert < 32 ? score[0] : score[1], expert & 31);
    sum += s;
    if (lane == j) mine = expert, weight = s;
  }
  weight = (routing.normed ? weight / (sum + 1e-6f) : weight) * routing.scale;
  return mine;
}

// Where each expert's pairs begin, by one warp.
DEVICE void scan_counts(const int* counts, int experts, int* begins) {
  int lane = threadIdx.x, a = __ldcg(counts + 2 * lane), b = __ldcg(counts + 2 * lane + 1);
  int end = a + b;
#pragma unroll
  for (int step = 1; step < 32; step <<= 1) {
    int below = __shfl_up_sync(FULL_WARP, end, step);
    if (lane >= step) end += below;
  }
  begins[2 * lane] = end - a - b;
  begins[2 * lane + 1] = end - b;
  if (lane == 31) begins[MOST_EXPERTS] = end;
}

DEVICE void place_pair(int pair, int place, const int* begins, int* pair_row, int* pair_token) {
  int row = begins[place >> 24] + (place & 0xffffff);
  pair_row[pair] = row;
  pair_token[row] = pair / TOP;
}

// Counts the blocks that are done; true in the one that comes last, which then sees what all wrote.
DEVICE bool comes_last(int* counter, int blocks) {
  __shared__ bool last;
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) {
    last = atomicAdd(counter, 1) == blocks - 1;
    if (last) *counter = 0;
  }
  __syncthreads();
  if (last) __threadfence();
  return last;
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
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int total = *rows, first = blockIdx.x * TOKENS, here = min(TOKENS, total - first);
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
    int expert = choose(logits + t * MOST_EXPERTS, bias, routing, weight);
    if (lane < TOP) {
      int pair = (first + t) * TOP + lane;
      pair_weight[pair] = weight;
      places[pair] = expert << 24 | atomicAdd(counters + expert, 1);
    }
  }
  if (!comes_last(counters + GROUPS_DONE, gridDim.x)) return;
  if (warp == 0) scan_counts(counters, routing.experts, begins);
  __syncthreads();
  if (threadIdx.x <= routing.experts) expert_offset[threadIdx.x] = begins[threadIdx.x];
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
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int p = blockIdx.x * blockDim.x + threadIdx.x;
  if (p < *rows * TOP) place_pair(p, places[p], expert_offset, pair_row, pair_token);
}
