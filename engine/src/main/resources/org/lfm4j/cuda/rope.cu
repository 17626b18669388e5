// Norms and rotates queries and keys, and stores keys and values in their pages.
//
//   qkv           [T][(nh + 2 nkv) * 64] BF16: query heads, key heads, value heads
//   queryNorm     [64] BF16, keyNorm [64] BF16: RMSNorm of each head over its 64 dims
//   frequencies   [32] FP32: theta^(-2j/64)
//   rows          [1], position [T], sequence [T], firstPage [S+1], pageTable
//   q             [T][nh * 64] BF16
//   keys          this layer's K in page 0; page p is pageBytes * p further; K [nkv][64][64], then V
//
// Rounding as in transformers: the normed value to BF16, its product with the weight to BF16. The
// angle is an FP32 product; sine, cosine and the products with them are rounded to BF16.
//
// A warp takes 8 heads of one token, two at a time: 16 lanes a head, each lane dims 2l, 2l+1 and
// their partners 2l+32, 2l+33. Sines are thus computed once in 8 heads. grid = any number of
// blocks of 128 threads; T * (nh + 2 nkv) / 32 of them leave one pass to each warp.
#include "common.cuh"

#define HEAD_DIM 64
#define ROPE_HEADS 8
#define ROPE_THREADS 128

// Four values of one head: dims 2l, 2l+1 and 2l+32, 2l+33. The one place that knows how the
// projection's result is stored.
DEVICE void read_projection(const bf16* qkv, long long row, int width, int head, int l, float (&v)[4]) {
  const u32* from = (const u32*)(qkv + row * width + head * HEAD_DIM) + l;
  u32 low = from[0], high = from[16];
  v[0] = low_bf16(low);
  v[1] = high_bf16(low);
  v[2] = low_bf16(high);
  v[3] = high_bf16(high);
}

// The token of a unit of work: 8 heads, of which this half of the warp takes `first`, `first` + 2, ...
struct Unit {
  int row, first;
  u8* token;  // its place in this layer's keys
  float sine[2], cosine[2];
};

extern "C" __global__ void __launch_bounds__(ROPE_THREADS)
    qk_norm_rope_store(const bf16* qkv, const bf16* queryNorm, const bf16* keyNorm,
                       const float* frequencies, float epsilon, const int* rows, const int* position,
                       const int* sequence, const int* firstPage, const int* pageTable, bf16* q,
                       u8* keys, u64 pageBytes, int nh, int nkv) {
  let_later_kernels_start();
  int lane = threadIdx.x % 32, l = lane % 16;
  // Weights and what the host uploaded don't depend on earlier kernels: all of it, with the first
  // sines, is there before the wait.
  const u32* norms[2] = {(const u32*)queryNorm + l, (const u32*)keyNorm + l};
  u32 weight[2][2] = {{norms[0][0], norms[0][16]}, {norms[1][0], norms[1][16]}};
  float frequency[2] = {frequencies[2 * l], frequencies[2 * l + 1]};
  int heads = nh + 2 * nkv, units = heads / ROPE_HEADS;
  int total = *rows * units, warps = gridDim.x * (ROPE_THREADS / 32);
  auto prepare = [=](int number) {
    Unit unit;
    unit.row = number / units;
    unit.first = number % units * ROPE_HEADS + lane / 16;
    int at = position[unit.row];
    int page = pageTable[firstPage[sequence[unit.row]] + at / 64];
    unit.token = keys + pageBytes * page + at % 64 * (HEAD_DIM * 2);
#pragma unroll
    for (int j = 0; j < 2; j++) {
      sincosf((float)at * frequency[j], &unit.sine[j], &unit.cosine[j]);
      unit.sine[j] = round_bf16(unit.sine[j]);
      unit.cosine[j] = round_bf16(unit.cosine[j]);
    }
    return unit;
  };
  int number = blockIdx.x * (ROPE_THREADS / 32) + threadIdx.x / 32;
  Unit unit;
  if (number < total) unit = prepare(number);
  wait_for_earlier_kernels();

  for (; number < total; number += warps) {
    float v[ROPE_HEADS / 2][4];
#pragma unroll
    for (int i = 0; i < ROPE_HEADS / 2; i++) {
      read_projection(qkv, unit.row, heads * HEAD_DIM, unit.first + 2 * i, l, v[i]);
    }
    const float(&sine)[2] = unit.sine;
    const float(&cosine)[2] = unit.cosine;

#pragma unroll
    for (int i = 0; i < ROPE_HEADS / 2; i++) {
      int head = unit.first + 2 * i;
      float square = v[i][0] * v[i][0] + v[i][1] * v[i][1] + v[i][2] * v[i][2] + v[i][3] * v[i][3];
#pragma unroll
      for (int step = 8; step > 0; step >>= 1) square += __shfl_xor_sync(FULL_WARP, square, step);
      u32* to;
      if (head < nh) {
        to = (u32*)(q + ((long long)unit.row * nh + head) * HEAD_DIM);
      } else {
        to = (u32*)(unit.token + (u64)(head - nh) * (64 * HEAD_DIM * 2));
      }
      u32 low, high;
      if (head < nh + nkv) {
        float scale = rsqrtf(square * (1.0f / HEAD_DIM) + epsilon);
        int kind = head < nh ? 0 : 1;
        u32 w[2] = {weight[kind][0], weight[kind][1]};
        float n[4];
        n[0] = round_bf16(round_bf16(v[i][0] * scale) * low_bf16(w[0]));
        n[1] = round_bf16(round_bf16(v[i][1] * scale) * high_bf16(w[0]));
        n[2] = round_bf16(round_bf16(v[i][2] * scale) * low_bf16(w[1]));
        n[3] = round_bf16(round_bf16(v[i][3] * scale) * high_bf16(w[1]));
        low = pack_bf16(rotated(n[0], cosine[0], -n[2], sine[0]),
                        rotated(n[1], cosine[1], -n[3], sine[1]));
        high = pack_bf16(rotated(n[2], cosine[0], n[0], sine[0]),
                         rotated(n[3], cosine[1], n[1], sine[1]));
      } else {
        low = pack_bf16(v[i][0], v[i][1]);
        high = pack_bf16(v[i][2], v[i][3]);
      }
      to[l] = low;
      to[l + 16] = high;
    }
    if (number + warps < total) unit = prepare(number + warps);
  }
}
