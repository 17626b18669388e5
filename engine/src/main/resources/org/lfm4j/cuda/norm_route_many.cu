// The norm before the experts and their choice in one kernel, for steps of many tokens: as in
// norm_route.cu, but a block does all of its 16 tokens by itself, and place_pairs (router.cu) follows.
// The bits of all results are those of add_norm and route.
//
// Launch: grid T / 16, block 32 * min(16, hidden / 32), dynamic shared memory
// 16 * (2 * hidden + 64) + 32,768 bytes; hidden a multiple of 32 a warp, at most 128. counters: zero between
// launches, [64] pairs of each expert, then one of blocks that are done.
#include "routing.cuh"
#include "row.cuh"

#define GROUPS 4  // of eight experts, scored together
#define ROUND (GROUPS * EXPERTS)
#define PAD 64      // bytes behind a row, so that two rows of a matrix operand lie in different banks
#define VECTORS 8   // of a row, a lane
#define AHEAD 4     // vectors a lane asks for at a time

struct Stream {
  const bf16* delta;
  bf16* x;
  const bf16* norm;
  bf16* out;
};

// Adds and norms a row by one warp, in the order of add_norm; the row also goes to `shared`.
DEVICE void norm_row(const Stream& s, u64 row, int hidden, float eps, u8* shared) {
  int lane = threadIdx.x & 31;
  uint4 x[VECTORS];
  float sums[VECTORS];
#pragma unroll
  for (int base = 0; base < VECTORS; base += AHEAD) {
    uint4 delta[AHEAD];
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      int channel = ((base + i) * 32 + lane) * 8;
      bool valid = channel < hidden;
      x[base + i] = valid ? *(const uint4*)(s.x + row * hidden + channel) : make_uint4(0, 0, 0, 0);
      delta[i] = valid ? *(const uint4*)(s.delta + row * hidden + channel) : make_uint4(0, 0, 0, 0);
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      Row v = unpack(x[base + i]), add = unpack(delta[i]);
      float sum = 0.0f;
#pragma unroll
      for (int c = 0; c < 8; c++) v.v[c] = round_bf16(v.v[c] + add.v[c]);
#pragma unroll
      for (int c = 0; c < 8; c++) sum += v.v[c] * v.v[c];
      x[base + i] = pack(v);
      sums[base + i] = sum;
    }
  }
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < VECTORS; i++) sum += warp_sum(sums[i]);
  float scale = rsqrtf(sum / hidden + eps);
#pragma unroll
  for (int i = 0; i < VECTORS; i++) {
    int channel = (i * 32 + lane) * 8;
    if (channel >= hidden) break;
    Row v = unpack(x[i]), weight = load_row(s.norm + channel);
    *(uint4*)(s.x + row * hidden + channel) = x[i];
#pragma unroll
    for (int c = 0; c < 8; c++) v.v[c] = round_bf16(v.v[c] * scale) * weight.v[c];
    uint4 normed = pack(v);
    *(uint4*)(shared + channel * 2) = normed;
    *(uint4*)(s.out + row * hidden + channel) = normed;
  }
}

// Logits of 16 tokens and 32 experts from `first` on: [16][64]. sums: [warps][16][32].
DEVICE void score(const u8* rows, int pitch, const bf16* gate, int first, int experts, int hidden,
                  float* sums, float* logits) {
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, part = hidden / (blockDim.x >> 5);
  const u8* low = rows + (lane >> 2) * pitch + (warp * part + (lane & 3) * 8) * 2;
  const u8* high = low + 8 * pitch;
  float* to = sums + (warp * TOKENS + (lane >> 2)) * ROUND + (lane & 3) * 2;
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
    uint4 b[MOST_STEPS];
    load_gate(gate, first + g * EXPERTS, experts, hidden, b);
    float d[4] = {};
#pragma unroll
    for (int i = 0; i < MOST_STEPS; i++) {
      if (i * 32 >= part) break;
      uint4 x = *(const uint4*)(low + i * 64), y = *(const uint4*)(high + i * 64);
      mma_16x8x16(d, x.x, y.x, x.y, y.y, b[i].x, b[i].y);
      mma_16x8x16(d, x.z, y.z, x.w, y.w, b[i].z, b[i].w);
    }
    *(float2*)(to + g * EXPERTS) = make_float2(d[0], d[1]);
    *(float2*)(to + 8 * ROUND + g * EXPERTS) = make_float2(d[2], d[3]);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < TOKENS * ROUND; i += blockDim.x) {
    float sum = 0.0f;
#pragma unroll 8
    for (int w = 0; w < (int)(blockDim.x >> 5); w++) sum += sums[w * TOKENS * ROUND + i];
    logits[i / ROUND * MOST_EXPERTS + first + i % ROUND] = sum;
  }
  __syncthreads();
}

extern "C" __global__ void __launch_bounds__(512, 2)
    norm_route_many(const int* rows, Stream stream, float eps, const bf16* gate, const float* bias,
                    Routing routing, int hidden, float* pair_weight, int* expert_offset, int* places,
                    int* counters) {
  extern __shared__ __align__(16) u8 shared[];
  __shared__ float logits[TOKENS * MOST_EXPERTS];
  __shared__ int begins[MOST_EXPERTS + 1];
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, warps = blockDim.x >> 5;
  int pitch = hidden * 2 + PAD;
  float2 biases = load_bias(bias, routing);
  let_later_kernels_start();
  wait_for_earlier_kernels();
  int first = blockIdx.x * TOKENS, here = min(TOKENS, *rows - first);
  for (int t = warp; t < here; t += warps) {
    norm_row(stream, first + t, hidden, eps, shared + t * pitch);
  }
  __syncthreads();
  for (int e = 0; e < routing.experts; e += ROUND) {
    score(shared, pitch, gate, e, routing.experts, hidden, (float*)(shared + TOKENS * pitch), logits);
  }
  for (int t = warp; t < here; t += warps) {
    float weight;
    const float* own = logits + t * MOST_EXPERTS + lane;
    int expert = choose(own[0], own[32], biases, routing, weight);
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
}
