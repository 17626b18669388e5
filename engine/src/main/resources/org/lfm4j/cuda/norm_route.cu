// The norm before the experts and their choice in one kernel, for steps of up to 16 tokens, in which two
// kernels and what they exchange through device memory are mostly waiting:
//
//   x += delta, out = bf16(x * rsqrt(mean(x^2) + eps)) * norm, then as in router.cu with out for a
//
// The arguments are those of add_norm (norm.cu) and route (router.cu), and so are the bits of all
// results; only the order of an expert's pairs is free.
//
// Each block of the cluster norms its share of the tokens and gives the rows to all blocks, then
// computes the logits of 16 experts and gives them to the first block, which chooses and gives every
// pair its place.
//
// Launch: one cluster of E / 16 blocks rounded up to 1, 2 or 4, block 32 * min(16, hidden / 32), dynamic
// shared memory 16 * (2 * hidden + 64) + 16,384 bytes; hidden a multiple of 32 a warp, at most 128.
#include "cluster.cuh"
#include "routing.cuh"
#include "row.cuh"

#define GROUPS 2  // of eight experts, a block
#define BLOCK_EXPERTS (GROUPS * EXPERTS)
#define PAD 64    // bytes behind a row, so that two rows of a matrix operand lie in different banks
#define AHEAD 2   // rows a thread loads at a time

struct Stream {
  const bf16* delta;
  bf16* x;
  const bf16* norm;
  bf16* out;
};

DEVICE void store_in_16(u32 shared, u32 rank, uint4 v) {
  asm volatile("st.shared::cluster.v4.u32 [%0], {%1,%2,%3,%4};" ::"r"(address_in(shared, rank)),
               "r"(v.x), "r"(v.y), "r"(v.z), "r"(v.w)
               : "memory");
}
DEVICE void store_in(u32 shared, u32 rank, float v) {
  asm volatile("st.shared::cluster.f32 [%0], %1;" ::"r"(address_in(shared, rank)), "f"(v) : "memory");
}

// Adds and norms rows first .. end-1; row i goes to shared + i * pitch in all blocks of the cluster.
// `wide` threads share a row.
DEVICE void norm_rows(const Stream& s, int first, int end, int hidden, float eps, const Row& weight,
                      u32 shared, int pitch) {
  __shared__ float sums[AHEAD][MOST_WARPS];
  int wide = (hidden / 8 + 31) & ~31, at_once = blockDim.x / wide, slot = threadIdx.x / wide;
  int channel = threadIdx.x % wide * 8, warp = threadIdx.x >> 5;
  bool holds = slot < at_once && channel < hidden;
  for (int base = first; base < end; base += AHEAD * at_once) {
    uint4 x[AHEAD], delta[AHEAD];
    Row row[AHEAD];
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      int token = base + i * at_once + slot;
      u64 at = (u64)token * hidden + channel;
      bool valid = holds && token < end;
      x[i] = valid ? *(const uint4*)(s.x + at) : make_uint4(0, 0, 0, 0);
      delta[i] = valid ? *(const uint4*)(s.delta + at) : make_uint4(0, 0, 0, 0);
    }
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      row[i] = unpack(x[i]);
      Row add = unpack(delta[i]);
      float sum = 0.0f;
#pragma unroll
      for (int c = 0; c < 8; c++) row[i].v[c] = round_bf16(row[i].v[c] + add.v[c]);
#pragma unroll
      for (int c = 0; c < 8; c++) sum += row[i].v[c] * row[i].v[c];
      sum = warp_sum(sum);
      if ((threadIdx.x & 31) == 0) sums[i][warp] = sum;
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < AHEAD; i++) {
      int token = base + i * at_once + slot;
      if (!holds || token >= end) continue;
      float sum = 0.0f;
  #pragma unroll 8
      for (int w = 0; w < wide >> 5; w++) sum += sums[i][slot * (wide >> 5) + w];
      float scale = rsqrtf(sum / hidden + eps);
      Row normed;
#pragma unroll
      for (int c = 0; c < 8; c++) normed.v[c] = round_bf16(row[i].v[c] * scale) * weight.v[c];
      uint4 packed = pack(normed);
      for (u32 rank = 0; rank < cluster_size(); rank++) {
        store_in_16(shared + token * pitch + channel * 2, rank, packed);
      }
      u64 at = (u64)token * hidden + channel;
      *(uint4*)(s.out + at) = packed;
      *(uint4*)(s.x + at) = pack(row[i]);
    }
    __syncthreads();  // the sums are read
  }
}

// This block's logits of 16 tokens, from the rows in shared memory, to the first block's
// logits [16][64].
DEVICE void score(const u8* rows, int pitch, const uint4 (&gate)[GROUPS][MOST_STEPS], int hidden,
                  float* sums, u32 logits) {
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31, part = hidden / (blockDim.x >> 5);
  const u8* low = rows + (lane >> 2) * pitch + (warp * part + (lane & 3) * 8) * 2;
  const u8* high = low + 8 * pitch;
  float d[GROUPS][4] = {};
#pragma unroll
  for (int i = 0; i < MOST_STEPS; i++) {
    if (i * 32 >= part) break;
    uint4 a = *(const uint4*)(low + i * 64), b = *(const uint4*)(high + i * 64);
#pragma unroll
    for (int g = 0; g < GROUPS; g++) {
      mma_16x8x16(d[g], a.x, b.x, a.y, b.y, gate[g][i].x, gate[g][i].y);
      mma_16x8x16(d[g], a.z, b.z, a.w, b.w, gate[g][i].z, gate[g][i].w);
    }
  }
  float* to = sums + (warp * TOKENS + (lane >> 2)) * BLOCK_EXPERTS + (lane & 3) * 2;
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
    *(float2*)(to + g * EXPERTS) = make_float2(d[g][0], d[g][1]);
    *(float2*)(to + 8 * BLOCK_EXPERTS + g * EXPERTS) = make_float2(d[g][2], d[g][3]);
  }
  __syncthreads();
  for (int i = threadIdx.x; i < TOKENS * BLOCK_EXPERTS; i += blockDim.x) {
    float sum = 0.0f;
#pragma unroll 16
    for (int w = 0; w < (int)(blockDim.x >> 5); w++) sum += sums[w * TOKENS * BLOCK_EXPERTS + i];
    int expert = cluster_rank() * BLOCK_EXPERTS + i % BLOCK_EXPERTS;
    store_in(logits + (i / BLOCK_EXPERTS * MOST_EXPERTS + expert) * 4, 0, sum);
  }
}

extern "C" __global__ void __launch_bounds__(512)
    norm_route(const int* rows, Stream stream, float eps, const bf16* gate, const float* bias,
               Routing routing, int hidden, float* pair_weight, int* pair_row, int* pair_token,
               int* expert_offset) {
  extern __shared__ __align__(16) u8 shared[];
  __shared__ float logits[TOKENS][MOST_EXPERTS];
  __shared__ int counts[MOST_EXPERTS], begins[MOST_EXPERTS + 1], places[TOKENS * TOP];
  int warp = threadIdx.x >> 5, lane = threadIdx.x & 31;
  int blocks = cluster_size(), rank = cluster_rank(), pitch = hidden * 2 + PAD;
  uint4 weights[GROUPS][MOST_STEPS];
#pragma unroll
  for (int g = 0; g < GROUPS; g++) {
    load_gate(gate, rank * BLOCK_EXPERTS + g * EXPERTS, routing.experts, hidden, weights[g]);
  }
  int channel = threadIdx.x % ((hidden / 8 + 31) & ~31) * 8;
  Row norm = {};
  if (channel < hidden) norm = load_row(stream.norm + channel);
  if (threadIdx.x < MOST_EXPERTS) counts[threadIdx.x] = 0;
  for (int i = threadIdx.x; i < TOKENS * MOST_EXPERTS; i += blockDim.x) logits[0][i] = 0.0f;
  float2 biases = load_bias(bias, routing);
  int total = *rows;  // uploaded before the step
  let_later_kernels_start();
  cluster_arrive();  // nobody stores into a block that isn't there
  cluster_wait();
  wait_for_earlier_kernels();

  int share = TOKENS / blocks;
  norm_rows(stream, rank * share, min(total, (rank + 1) * share), hidden, eps, norm,
            shared_address(shared), pitch);
  cluster_arrive();
  cluster_wait();
  score(shared, pitch, weights, hidden, (float*)(shared + TOKENS * pitch), shared_address(logits));
  cluster_arrive();
  cluster_wait();
  if (rank != 0) return;

  for (int t = warp; t < total; t += blockDim.x >> 5) {
    float weight;
    int expert = choose(logits[t][lane], logits[t][lane + 32], biases, routing, weight);
    if (lane < TOP) {
      pair_weight[t * TOP + lane] = weight;
      places[t * TOP + lane] = expert << 24 | atomicAdd(counts + expert, 1);
    }
  }
  __syncthreads();
  if (warp == 0) scan_counts(counts[2 * lane], counts[2 * lane + 1], begins);
  __syncthreads();
  store_offsets(begins, routing.experts, expert_offset);
  for (int p = threadIdx.x; p < total * TOP; p += blockDim.x) {
    place_pair(p, places[p], begins, pair_row, pair_token);
  }
}
