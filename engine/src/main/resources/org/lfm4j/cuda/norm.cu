// The residual stream between two operators: add what the last one computed, round to BF16, and
// norm for the next one. One block a row, eight channels a thread (block = hidden / 8, rounded up
// to whole warps); the row stays in registers.
//
//   x      [T, hidden]  residual stream, read and written
//   norm   [hidden]     weight of the norm
//   out    [T, hidden]  bf16(x * rsqrt(mean(x^2) + eps)) * norm
//   rows   [1]          rows of this step; blocks beyond do nothing
#include "common.cuh"

struct Row {
  float v[8];
};

DEVICE Row unpack(uint4 p) {
  Row r;
  r.v[0] = low_bf16(p.x), r.v[1] = high_bf16(p.x), r.v[2] = low_bf16(p.y), r.v[3] = high_bf16(p.y);
  r.v[4] = low_bf16(p.z), r.v[5] = high_bf16(p.z), r.v[6] = low_bf16(p.w), r.v[7] = high_bf16(p.w);
  return r;
}
DEVICE uint4 pack(const Row& r) {
  return make_uint4(pack_bf16(r.v[0], r.v[1]), pack_bf16(r.v[2], r.v[3]), pack_bf16(r.v[4], r.v[5]),
                    pack_bf16(r.v[6], r.v[7]));
}
DEVICE Row load_row(const bf16* p) { return unpack(*(const uint4*)p); }

// Norms the row that the block holds, eight channels a thread, and stores it.
DEVICE void store_norm(const Row& x, const bf16* norm, bf16* out, int hidden, float eps) {
  __shared__ float sums[32];
  int channel = threadIdx.x * 8;
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < 8; i++) sum += x.v[i] * x.v[i];
  sum = warp_sum(sum);
  if ((threadIdx.x & 31) == 0) sums[threadIdx.x >> 5] = sum;
  __syncthreads();
  sum = 0.0f;
  for (int w = 0; w < (int)(blockDim.x >> 5); w++) sum += sums[w];
  if (channel >= hidden) return;
  float scale = rsqrtf(sum / hidden + eps);
  Row weight = load_row(norm + channel), normed;
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

// Starts the stream: x = embedding[token].
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
  store_norm(v, norm, out + (u64)row * hidden, hidden, eps);
}

// x += delta, which is [T, hidden].
extern "C" __global__ void add_norm(const int* rows, const bf16* delta, bf16* x, const bf16* norm,
                                    bf16* out, int hidden, float eps) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int row = blockIdx.x, channel = threadIdx.x * 8;
  if (row >= *rows) return;
  u64 at = (u64)row * hidden + channel;
  Row v = {};
  if (channel < hidden) v = add_to(x + at, load_row(delta + at));
  store_norm(v, norm, out + (u64)row * hidden, hidden, eps);
}

// The weighted sum of a token's experts: pair_row [T, top] says in which row of y [T * top, hidden]
// the result of its j-th expert is, weight [T, top] what it counts.
DEVICE Row sum_experts(const bf16* y, const int* pair_row, const float* weight, int top, int row,
                       int channel, int hidden) {
  Row sum = {};
  for (int j = 0; j < top; j++) {
    float w = weight[row * top + j];
    Row part = load_row(y + (u64)pair_row[row * top + j] * hidden + channel);
#pragma unroll
    for (int i = 0; i < 8; i++) sum.v[i] += w * part.v[i];
  }
  return sum;
}

// x += the experts' weighted sum.
extern "C" __global__ void add_experts_norm(const int* rows, const bf16* y, const int* pair_row,
                                            const float* weight, int top, bf16* x,
                                            const bf16* norm, bf16* out, int hidden, float eps) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int row = blockIdx.x, channel = threadIdx.x * 8;
  if (row >= *rows) return;
  Row v = {};
  if (channel < hidden) {
    Row delta = sum_experts(y, pair_row, weight, top, row, channel, hidden);
    v = add_to(x + (u64)row * hidden + channel, delta);
  }
  store_norm(v, norm, out + (u64)row * hidden, hidden, eps);
}

// The last norm, for the rows whose logits are wanted: row i of out [L, hidden] is row
// logit_row[i] of the stream.
extern "C" __global__ void last_norm(const int* logit_rows, const int* logit_row, const bf16* x,
                                     const bf16* norm, bf16* out, int hidden, float eps) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int channel = threadIdx.x * 8;
  if (blockIdx.x >= *logit_rows) return;
  Row v = {};
  if (channel < hidden) v = load_row(x + (u64)logit_row[blockIdx.x] * hidden + channel);
  store_norm(v, norm, out + (u64)blockIdx.x * hidden, hidden, eps);
}
