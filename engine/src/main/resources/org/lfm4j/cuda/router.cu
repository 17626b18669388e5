// Chooses each token's experts and puts the chosen (token, expert) pairs into expert order, all on
// the device.
//
//   scores = sigmoid(a gate^T), experts = top 4 of scores + bias, weights = scores / their sum
//
//   a              [T, hidden]    normed rows
//   gate           [E, hidden]    E a multiple of 8, at most 64
//   bias           [E] FP32       for choosing only; null: none
//   pair_weight    [T, 4] FP32    what an expert's result counts
//   pair_row       [T, 4]         where the pair stands in expert order
//   pair_token     [4 T]          the token of each pair, in expert order
//   expert_offset  [E + 1]        where an expert's pairs begin
//   choice         [T, 4]         scratch
//   arrivals       [1]            zero between launches
//
// A block scores 16 tokens: eight warps take an eighth of hidden each and their sums are added in
// order, so that a token's scores don't depend on what else is in the batch. The block that comes
// last sorts the pairs. grid (T / 16), block 256, hidden a multiple of 256.
#include "common.cuh"

#define TOP 4
#define TOKENS 16
#define WARPS 8
#define MOST_EXPERTS 64

struct Routing {
  int experts;
  int normed;   // whether a token's weights are made to sum to one
  float scale;  // on the weights
};

// Partial logits of 16 tokens and `experts` experts over this warp's part of hidden. The order of k
// inside the matrix instruction is free as long as both operands agree: a lane takes eight
// consecutive channels of its row and feeds them to two products.
DEVICE void partial_logits(const bf16* a, const bf16* gate, int rows, int hidden, int experts,
                           float (*sums)[MOST_EXPERTS]) {
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, group = lane >> 2, quad = lane & 3;
  int part = hidden / WARPS, from = warp * part;
  float d[MOST_EXPERTS / 8][4] = {};
  const bf16* low = a + (u64)min(group, rows - 1) * hidden + from + quad * 8;
  const bf16* high = a + (u64)min(group + 8, rows - 1) * hidden + from + quad * 8;
  const bf16* weight = gate + (u64)group * hidden + from + quad * 8;
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
  sums += warp * TOKENS;
#pragma unroll
  for (int n = 0; n < MOST_EXPERTS / 8; n++) {
    if (n * 8 < experts) {
      int expert = n * 8 + quad * 2;
      sums[group][expert] = d[n][0], sums[group][expert + 1] = d[n][1];
      sums[group + 8][expert] = d[n][2], sums[group + 8][expert + 1] = d[n][3];
    }
  }
}

// The best of a warp's values; the lower expert wins a tie. `value` of the winner's lane becomes
// -inf.
DEVICE int take_best(float (&value)[2], int lane) {
  float best = fmaxf(value[0], value[1]);
  int expert = value[1] > value[0] ? lane + 32 : lane;
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) {
    float other = __shfl_xor_sync(FULL_WARP, best, step);
    int others = __shfl_xor_sync(FULL_WARP, expert, step);
    if (other > best || (other == best && others < expert)) best = other, expert = others;
  }
  if (expert == lane) value[0] = MINUS_INFINITY;
  if (expert == lane + 32) value[1] = MINUS_INFINITY;
  return expert;
}

// One warp chooses for one token.
DEVICE void choose(const float (*sums)[MOST_EXPERTS], int token, const float* bias,
                   const Routing& routing, int* choice, float* weight) {
  int lane = threadIdx.x & 31;
  float score[2], value[2];
#pragma unroll
  for (int i = 0; i < 2; i++) {
    int expert = lane + 32 * i;
    bool exists = expert < routing.experts;
    float logit = 0.0f;
    for (int w = 0; w < WARPS && exists; w++) logit += sums[w * TOKENS + token][expert];
    // As in the reference, which computes both in BF16.
    score[i] = round_bf16(1.0f / (1.0f + expf(-round_bf16(logit))));
    value[i] = exists ? score[i] + (bias ? bias[expert] : 0.0f) : MINUS_INFINITY;
    // A NaN must not make the choice run out of range.
    if (value[i] != value[i]) value[i] = exists ? -3.0e38f : MINUS_INFINITY;
  }
  float sum = 0.0f, chosen = 0.0f;
  int mine = 0;
#pragma unroll
  for (int j = 0; j < TOP; j++) {
    int expert = take_best(value, lane);
    float s = __shfl_sync(FULL_WARP, expert < 32 ? score[0] : score[1], expert & 31);
    sum += s;
    if (lane == j) mine = expert, chosen = s;
  }
  if (lane < TOP) {
    choice[lane] = mine;
    weight[lane] = (routing.normed ? chosen / (sum + 1e-6f) : chosen) * routing.scale;
  }
}

// Counting sort of all pairs by expert, by one block.
DEVICE void sort_pairs(const int* choice, int pairs, int experts, int* pair_row, int* pair_token,
                       int* expert_offset) {
  __shared__ int next[MOST_EXPERTS];
  if (threadIdx.x < MOST_EXPERTS) next[threadIdx.x] = 0;
  __syncthreads();
  for (int p = threadIdx.x; p < pairs; p += blockDim.x) atomicAdd(&next[__ldcg(choice + p)], 1);
  __syncthreads();
  if (threadIdx.x < 32) {
    int lane = threadIdx.x, a = next[2 * lane], b = next[2 * lane + 1], end = a + b;
#pragma unroll
    for (int step = 1; step < 32; step <<= 1) {
      int below = __shfl_up_sync(FULL_WARP, end, step);
      if (lane >= step) end += below;
    }
    int begin = end - a - b;
    next[2 * lane] = begin, next[2 * lane + 1] = begin + a;
    if (2 * lane <= experts) expert_offset[2 * lane] = begin;
    if (2 * lane + 1 <= experts) expert_offset[2 * lane + 1] = begin + a;
    if (lane == 31 && experts == MOST_EXPERTS) expert_offset[MOST_EXPERTS] = end;
  }
  __syncthreads();
  for (int p = threadIdx.x; p < pairs; p += blockDim.x) {
    int row = atomicAdd(&next[__ldcg(choice + p)], 1);
    pair_row[p] = row;
    pair_token[row] = p / TOP;
  }
}

extern "C" __global__ void __launch_bounds__(256)
    route(const int* rows, const bf16* a, const bf16* gate, const float* bias, Routing routing,
          int hidden, float* pair_weight, int* pair_row, int* pair_token, int* expert_offset,
          int* choice, int* arrivals) {
  __shared__ float sums[WARPS * TOKENS][MOST_EXPERTS];
  __shared__ bool last;
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int total = *rows, first = blockIdx.x * TOKENS, here = min(TOKENS, total - first);
  if (here > 0) {
    partial_logits(a + (u64)first * hidden, gate, here, hidden, routing.experts, sums);
    __syncthreads();
    for (int t = threadIdx.x >> 5; t < here; t += WARPS) {
      u64 at = (u64)(first + t) * TOP;
      choose(sums, t, bias, routing, choice + at, pair_weight + at);
    }
  }
  __threadfence();
  __syncthreads();
  if (threadIdx.x == 0) last = atomicAdd(arrivals, 1) == (int)gridDim.x - 1;
  __syncthreads();
  if (!last) return;
  __threadfence();
  sort_pairs(choice, total * TOP, routing.experts, pair_row, pair_token, expert_offset);
  if (threadIdx.x == 0) *arrivals = 0;
}
