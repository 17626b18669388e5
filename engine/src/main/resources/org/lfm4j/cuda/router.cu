// Chooses each token's experts and puts the chosen (token, expert) pairs into expert order, all on
// the device.
//
//   scores = sigmoid(a gate^T), experts = best TOP of scores + bias, weights = scores / their sum
//
//   a              [T, hidden]    normed rows
//   gate           [E, hidden]    E a multiple of 8, at most 64
//   bias           [E] FP32       for choosing only; null: none
//   pair_weight    [T, TOP] FP32    what an expert's result counts
//   pair_row       [T, TOP]         where the pair stands in expert order
//   pair_token     [T * TOP]          the token of each pair, in expert order
//   expert_offset  [E + 1]        where an expert's pairs begin
//   places         [T, TOP]         scratch: expert and place among its pairs
//   counters       [65]           zero between launches: pairs of each expert, blocks that are done
//
// A block scores 16 tokens: its warps take a part of hidden each, at least 32 channels, and their
// sums are added in order, so that a token's scores don't depend on what else is in the batch. The
// block that comes last gives every pair its place. grid T / 16, block 32 * min(16, hidden / 32),
// dynamic shared memory SUMS_BYTES a warp; hidden a multiple of 32 a warp.
#include "common.cuh"

#ifndef TOP
#define TOP 4  // experts a token uses
#endif
#define TOKENS 16
#define MOST_EXPERTS 64
#define SUMS_BYTES (TOKENS * MOST_EXPERTS * 4)

struct Routing {
  int experts;
  int normed;   // whether a token's weights are made to sum to one
  float scale;  // on the weights
};

// Partial logits of 16 tokens and all experts over this warp's part of hidden, into sums
// [TOKENS][MOST_EXPERTS]. The order of k inside the matrix instruction is free as long as both
// operands agree: a lane takes eight consecutive channels of its row and feeds them to two products.
DEVICE void partial_logits(const bf16* a, const bf16* gate, int rows, int hidden, int experts,
                           float* sums) {
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, group = lane >> 2, quad = lane & 3;
  int part = hidden / (blockDim.x >> 5), from = warp * part + quad * 8;
  float d[MOST_EXPERTS / 8][4] = {};
  const bf16* low = a + (u64)min(group, rows - 1) * hidden + from;
  const bf16* high = a + (u64)min(group + 8, rows - 1) * hidden + from;
  const bf16* weight = gate + (u64)group * hidden + from;
#pragma unroll 2
  for (int k = 0; k < part; k += 32) {
    uint4 a0 = *(const uint4*)(low + k), a1 = *(const uint4*)(high + k);
#pragma unroll
    for (int n = 0; n < MOST_EXPERTS / 8; n++) {
      if (n * 8 < experts) {
        uint4 b = *(const uint4*)(weight + (u64)n * 8 * hidden + k);
        mma_16x8x16(d[n], a0.x, a1.x, a0.y, a1.y, b.x, b.y);
        mma_16x8x16(d[n], a0.z, a1.z, a0.w, a1.w, b.z, b.w);
      }
    }
  }
  sums += warp * TOKENS * MOST_EXPERTS;
#pragma unroll
  for (int n = 0; n < MOST_EXPERTS / 8; n++) {
    if (n * 8 < experts) {
      float* at = sums + group * MOST_EXPERTS + n * 8 + quad * 2;
      *(float2*)at = make_float2(d[n][0], d[n][1]);
      *(float2*)(at + 8 * MOST_EXPERTS) = make_float2(d[n][2], d[n][3]);
    }
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

// One warp chooses for one token: lanes 0 to 3 get an expert and its weight each.
DEVICE int choose(const float* sums, int token, const float* bias, const Routing& routing,
                  float& weight) {
  int lane = threadIdx.x & 31, warps = blockDim.x >> 5;
  float score[2];
  u32 key[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    int expert = lane + 32 * i;
    float logit = 0.0f;
    bool exists = expert < routing.experts;
    if (exists) {
#pragma unroll 4
      for (int w = 0; w < warps; w++) logit += sums[(w * TOKENS + token) * MOST_EXPERTS + expert];
    }
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

extern "C" __global__ void __launch_bounds__(512)
    route(const int* rows, const bf16* a, const bf16* gate, const float* bias, Routing routing,
          int hidden, float* pair_weight, int* pair_row, int* pair_token, int* expert_offset,
          int* places, int* counters) {
  extern __shared__ float sums[];
  __shared__ int begins[MOST_EXPERTS + 1];
  __shared__ bool last;
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int total = *rows, first = blockIdx.x * TOKENS, here = min(TOKENS, total - first);
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
  if (here > 0) {
    partial_logits(a + (u64)first * hidden, gate, here, hidden, routing.experts, sums);
    __syncthreads();
    for (int t = warp; t < here; t += blockDim.x >> 5) {
      float weight;
      int expert = choose(sums, t, bias, routing, weight);
      if (lane < TOP) {
        int pair = (first + t) * TOP + lane;
        pair_weight[pair] = weight;
        places[pair] = expert << 24 | atomicAdd(counters + expert, 1);
      }
    }
  }
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) last = atomicAdd(counters + MOST_EXPERTS, 1) == (int)gridDim.x - 1;
  __syncthreads();
  if (!last) return;
  __threadfence();
  if (warp == 0) scan_counts(counters, routing.experts, begins);
  __syncthreads();
  if (threadIdx.x <= routing.experts) expert_offset[threadIdx.x] = begins[threadIdx.x];
  if (threadIdx.x <= MOST_EXPERTS) counters[threadIdx.x] = 0;
#pragma unroll 4
  for (int p = threadIdx.x; p < total * TOP; p += blockDim.x) {
    int place = __ldcg(places + p), row = begins[place >> 24] + (place & 0xffffff);
    pair_row[p] = row;
    pair_token[row] = p / TOP;
  }
}
