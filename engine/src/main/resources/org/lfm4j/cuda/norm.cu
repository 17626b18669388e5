// The residual stream between two operators: add what the last one computed, round to BF16, and
// norm for the next one. One block a row, eight channels a thread (block = hidden / 8, rounded up
// to whole warps); the row stays in registers.
//
//   x      [T, hidden]  residual stream, read and written
//   norm   [hidden]     weight of the norm
//   out    [T, hidden]  bf16(x * rsqrt(mean(x^2) + eps)) * norm
//   rows   [1]          rows of this step; blocks beyond do nothing
//
// What the host uploaded, the norm's weight and the experts' choice are read before earlier kernels
// end: the choice is done before the experts' first product lets anything start. It is read past L1,
// which may still hold that of the layer before.
#include "row.cuh"

#define MOST_TOP 4  // experts of a token whose results are asked for together

// The norm's weight of this thread's channels.
DEVICE uint4 load_weight(const bf16* norm, int hidden) {
  int channel = threadIdx.x * 8;
  return channel < hidden ? *(const uint4*)(norm + channel) : make_uint4(0, 0, 0, 0);
}

// Norms the row that the block holds, eight channels a thread, and stores it.
DEVICE void store_norm(const Row& x, uint4 norm, bf16* out, int hidden, float eps) {
  __shared__ float sums[32];
  int channel = threadIdx.x * 8;
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < 8; i++) sum += x.v[i] * x.v[i];
  sum = warp_sum(sum);
  if ((threadIdx.x & 31) == 0) sums[threadIdx.x >> 5] = sum;
  __syncthreads();
  sum = 0.0f;
#pragma unroll 8
  for (int w = 0; w < (int)(blockDim.x >> 5); w++) sum += sums[w];
  if (channel >= hidden) return;
  float scale = rsqrtf(sum / hidden + eps);
  Row weight = unpack(norm), normed;
#pragma unroll
  for (int i = 0; i < 8; i++) normed.v[i] = round_bf16(x.v[i] * scale) * weight.v[i];
  *(uint4*)(out + channel) = pack(normed);
}

// Adds a delta of BF16 precision to the block's row of the residual stream.
DEVICE Row add_to(bf16* x, const Row& delta) {
  Row sum = load_row(x);
#pragma unroll
  for (int i = 0; i < 8; i++) sum.v[i] = round_bf16(sum.v[i] + round_bf16(delta.v[i]));
  *(uint4*)x = pack(sum);
  return sum;
}

DEVICE void add_weighted(Row& sum, float weight, uint4 part) {
  Row v = unpack(part);
#pragma unroll
  for (int i = 0; i < 8; i++) sum.v[i] += weight * v.v[i];
}

// Starts the stream: x = embedding[token]. The first kernel of a step: later ones start when all
// before the step is done.
extern "C" __global__ void embed_norm(const int* rows, const int* tokens, const bf16* embedding,
                                      bf16* x, const bf16* norm, bf16* out, int hidden, float eps) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int row = blockIdx.x, channel = threadIdx.x * 8;
  if (row >= *rows) return;
  Row v = {};
  if (channel < hidden) {
    v = load_row(embedding + (u64)tokens[row] * hidden + channel);
    *(uint4*)(x + (u64)row * hidden + channel) = pack(v);
  }
  store_norm(v, load_weight(norm, hidden), out + (u64)row * hidden, hidden, eps);
}

// x += delta, which is [T, hidden].
extern "C" __global__ void add_norm(const int* rows, const bf16* delta, bf16* x, const bf16* norm,
                                    bf16* out, int hidden, float eps) {
  let_later_kernels_start();
  int row = blockIdx.x, channel = threadIdx.x * 8;
  bool exists = row < *rows;
  uint4 weight = load_weight(norm, hidden);
  wait_for_earlier_kernels();
  if (!exists) return;
  u64 at = (u64)row * hidden + channel;
  Row v = {};
  if (channel < hidden) v = add_to(x + at, load_row(delta + at));
  store_norm(v, weight, out + (u64)row * hidden, hidden, eps);
}

// x += the weighted sum of a token's experts: pair_row [T, top] says in which row of y [T * top, hidden]
// the result of its j-th expert is, weight [T, top] what it counts.
extern "C" __global__ void add_experts_norm(const int* rows, const bf16* y, const int* pair_row,
                                            const float* weight, int top, bf16* x,
                                            const bf16* norm, bf16* out, int hidden, float eps) {
  let_later_kernels_start();
  int row = blockIdx.x, channel = threadIdx.x * 8;
  if (row >= *rows) {
    wait_for_earlier_kernels();
    return;
  }
  uint4 norms = load_weight(norm, hidden);
  int from[MOST_TOP];
  float counts[MOST_TOP];
#pragma unroll
  for (int j = 0; j < MOST_TOP; j++) {
    from[j] = j < top ? __ldcg(pair_row + row * top + j) : 0;
    counts[j] = j < top ? __ldcg(weight + row * top + j) : 0.0f;
  }
  wait_for_earlier_kernels();
  Row v = {};
  if (channel < hidden) {
    uint4 parts[MOST_TOP];
#pragma unroll
    for (int j = 0; j < MOST_TOP; j++) {
      if (j < top) parts[j] = *(const uint4*)(y + (u64)from[j] * hidden + channel);
    }
    Row delta = {};
#pragma unroll
    for (int j = 0; j < MOST_TOP; j++) {
      if (j < top) add_weighted(delta, counts[j], parts[j]);
    }
    for (int j = MOST_TOP; j < top; j++) {
      add_weighted(delta, weight[row * top + j],
                   *(const uint4*)(y + (u64)pair_row[row * top + j] * hidden + channel));
    }
    v = add_to(x + (u64)row * hidden + channel, delta);
  }
  store_norm(v, norms, out + (u64)row * hidden, hidden, eps);
}

// The last norm, for the rows whose logits are wanted: row i of out [L, hidden] is row
// logit_row[i] of the stream.
extern "C" __global__ void last_norm(const int* logit_rows, const int* logit_row, const bf16* x,
                                     const bf16* norm, bf16* out, int hidden, float eps) {
  let_later_kernels_start();
  int channel = threadIdx.x * 8;
  bool exists = blockIdx.x < *logit_rows;
  int row = exists ? logit_row[blockIdx.x] : 0;
  uint4 weight = load_weight(norm, hidden);
  wait_for_earlier_kernels();
  if (!exists) return;
  Row v = {};
  if (channel < hidden) v = load_row(x + (u64)row * hidden + channel);
  store_norm(v, weight, out + (u64)blockIdx.x * hidden, hidden, eps);
}
