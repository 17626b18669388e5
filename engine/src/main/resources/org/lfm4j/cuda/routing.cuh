// How a token's experts are chosen from its logits, and how its (token, expert) pairs get their places in
// the order of experts; for router.cu and norm_route.cu.
#pragma once
#include "common.cuh"

#ifndef TOP
#define TOP 4  // experts a token uses
#endif
#define TOKENS 16  // that are scored together
#define EXPERTS 8  // of an instruction
#define MOST_EXPERTS 64
#define MOST_WARPS 16
#define MOST_STEPS 4  // of 32 channels, a warp
#define GROUPS_DONE MOST_EXPERTS

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

// What is added to the scores of experts lane and lane + 32 for choosing; bias may be null.
DEVICE float2 load_bias(const float* bias, const Routing& routing) {
  int lane = threadIdx.x & 31;
  return make_float2(bias && lane < routing.experts ? bias[lane] : 0.0f,
                     bias && lane + 32 < routing.experts ? bias[lane + 32] : 0.0f);
}

// One warp chooses for one token, from its logits (a lane has those of experts lane and lane + 32, and
// their bias): the first TOP lanes get an expert and its weight.
DEVICE int choose(float low, float high, float2 bias, const Routing& routing, float& weight) {
  int lane = threadIdx.x & 31;
  float score[2];
  u32 key[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    int expert = lane + 32 * i;
    bool exists = expert < routing.experts;
    float logit = i == 0 ? low : high;
    // As in the reference, which computes both in BF16.
    score[i] = round_bf16(1.0f / (1.0f + expf(-round_bf16(logit))));
    // A NaN sorts above all and is chosen once like any other; 0 is below every float.
    key[i] = exists ? ordered(score[i] + (i == 0 ? bias.x : bias.y)) : 0;
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

// Where each expert's pairs begin, by one warp: a lane has the pairs of two experts.
DEVICE void scan_counts(int a, int b, int* begins) {
  int lane = threadIdx.x & 31, end = a + b;
#pragma unroll
  for (int step = 1; step < 32; step <<= 1) {
    int below = __shfl_up_sync(FULL_WARP, end, step);
    if (lane >= step) end += below;
  }
  begins[2 * lane] = end - a - b;
  begins[2 * lane + 1] = end - b;
  if (lane == 31) begins[MOST_EXPERTS] = end;
}

// Where each expert's pairs begin, their number, and two counters for the products of the experts.
DEVICE void store_offsets(const int* begins, int experts, int* expert_offset) {
  int i = threadIdx.x;
  if (i < experts + 3) expert_offset[i] = i <= experts ? begins[i] : 0;
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
