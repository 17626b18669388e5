// Attention of one token. The 16 blocks of a key head take its units in turn: unit u is the page u
// of earlier keys, and the last unit is the token's own key. A block merges what its warps found and
// sends it; block c then merges the splits for 16 of the channels of query head c / 4.
// With at most DIRECT_PAGES pages every block attends to all of them: reading them from L2 sixteen
// times costs less than the second exchange.
#pragma once
#include "decode_one_ring.cuh"

// The first units go to the blocks that have one tile of the QKV product less.
DEVICE int split_of_unit(int unit) { return (unit + SPLITS / 2) % SPLITS; }
DEVICE int unit_of_split(int split) { return (split + SPLITS / 2) % SPLITS; }
struct Share {
  int first, step;  // units of the block
  bool direct;

  // How many of the pages are the block's.
  DEVICE int pages(int filled) const {
    return first < filled ? (filled - first + step - 1) / step : 0;
  }
};
DEVICE Share share_of(int block, int filled) {
  bool direct = filled <= DIRECT_PAGES;
  return Share{direct ? 0 : unit_of_split(block % SPLITS), direct ? 1 : SPLITS, direct};
}
DEVICE int key_head(int block) { return block / SPLITS; }

// First row of tile 0 or 1 of the QKV product: 16 query rows, then 16 rows of keys or values for the
// first half of a key head's blocks.
DEVICE int qkv_tiles(int block) { return block % SPLITS < SPLITS / 2 ? 2 : 1; }
DEVICE int qkv_row(int block, int tile) {
  int split = block % SPLITS, head = key_head(block);
  if (tile == 0) return head * 256 + split * 16;
  return (split < 4 ? HEADS : HEADS + KV_HEADS) * 64 + head * 64 + split % 4 * 16;
}

// A warp: cosine and sine of each of the 32 frequencies at the token's position, into shared memory.
DEVICE void put_rotation(const Place& at, int position, const float* frequency) {
  // The product is rounded to FP32 as in transformers; only the reduction needs more.
  double angle = (double)((float)position * frequency[at.lane]);
  float reduced = (float)(angle - 6.283185307179586 * rint(angle * 0.15915494309189535));
  ((float2*)(at.memory + ROTATION))[at.lane] =
      make_float2(round_bf16(__cosf(reduced)), round_bf16(__sinf(reduced)));
}

// A warp: norms and rotates a head of which the lane holds two neighbours.
DEVICE u32 norm_rotate(const Place& at, u32 pair, u32 weight, float eps) {
  // Channels 2 lane and 2 lane + 1: cosine, sine, cosine, sine.
  float4 r = ((const float4*)(at.memory + ROTATION))[at.lane & 15];
  float a = low_bf16(pair), b = high_bf16(pair);
  float scale = rsqrtf(warp_sum(a * a + b * b) * (1.0f / 64) + eps);
  a = round_bf16(round_bf16(a * scale) * low_bf16(weight));
  b = round_bf16(round_bf16(b * scale) * high_bf16(weight));
  float farA = __shfl_xor_sync(FULL_WARP, a, 16), farB = __shfl_xor_sync(FULL_WARP, b, 16);
  if (at.lane < 16) farA = -farA, farB = -farB;
  return pack_bf16(rotated(a, r.x, farA, r.y), rotated(b, r.z, farB, r.w));
}

// Warps 0 to 5 receive the heads of the block's group (4 queries, key, value), finish them and leave
// them in shared memory; `page` is where the token's key and value belong, or null.
DEVICE void receive_heads(const Place& at, const DecodeOne& p, const u8* vectors, int attentionLayer,
                          u8* page, int position, u32 epoch) {
  if (at.warp >= 6) return;
  u32 weight = 0;
  if (at.warp < 5) weight = ((const u32*)(vectors + HEAD_NORMS))[(at.warp == 4 ? 32 : 0) + at.lane];
  pause(p.pauses.qkv);
  u32 pair = receive(p.exchange + QKV + (key_head(at.block) * 6 + at.warp) * 32 + at.lane, epoch);
  __syncwarp();
  if (at.warp < 5) pair = norm_rotate(at, pair, weight, p.eps);
  ((u32*)(at.memory + HEAD_ROWS))[at.warp * 32 + at.lane] = pair;
  if (at.warp >= 4 && page) {
    int tile = (attentionLayer * 2 + at.warp - 4) * KV_HEADS + key_head(at.block);
    ((u32*)(page + (u64)tile * 8192 + position % 64 * 128))[at.lane] = pair;
  }
}

DEVICE float exp2_fast(float v) {
  float r;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(r) : "f"(v));
  return r;
}
DEVICE u32 transpose_8x8(u32 v) {
  u32 r;
  asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(r) : "r"(v));
  return r;
}

// What a warp has found so far: a lane has query heads 2 (lane % 4) and the next (of 8, 4 exist).
// Scores are in units of log 2.
struct Found {
  float most[2];
  float sum[2];     // of the lane's keys only
  float out[4][4];  // channels 16 m + lane / 4 (and + 8) of heads 0, 1 (and 0, 1)
};

DEVICE Found nothing_found() {
  Found found = {};
  found.most[0] = found.most[1] = MINUS_INFINITY;
  return found;
}

// Query heads as B fragments: columns are heads.
DEVICE void load_queries(const Place& at, u32 (&q)[8]) {
  const u32* heads = (const u32*)(at.memory + HEAD_ROWS) + (at.lane >> 2) * 32 + (at.lane & 3);
#pragma unroll
  for (int i = 0; i < 8; i++) q[i] = at.lane < 16 ? heads[i * 4] : 0;
}

// One page in a slot: 64 keys, then 64 values, rows of 128 bytes with swizzled chunks; the first
// `keys` of them exist.
DEVICE void attend_page(const Place& at, u32 slot, int keys, const u32 (&q)[8], Found& found) {
  const float scale = 0.18033688011112042f;  // log2(e) / 8
  int swizzle = at.lane & 7, group = at.lane >> 2;
  if (keys < 64) {  // what was never written may be NaN, and 0 * NaN is NaN
    for (int row = keys; row < 64; row++)
      asm volatile("st.shared.u32 [%0], %1;" ::"r"(slot + 8192 + row * 128 + at.lane * 4), "r"(0) : "memory");
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
    __syncwarp();
  }
  float s[4][4] = {};
#pragma unroll
  for (int k = 0; k < 4; k++) {
    u32 row = slot + (16 * k + (at.lane & 15)) * 128;
#pragma unroll
    for (int d = 0; d < 4; d++) {
      uint4 a = load_matrix_x4(row + (((2 * d + (at.lane >> 4)) ^ swizzle) << 4));
      mma_16x8x16(s[k], a.x, a.y, a.z, a.w, q[2 * d], q[2 * d + 1]);
    }
  }
  float most[2] = {MINUS_INFINITY, MINUS_INFINITY};
#pragma unroll
  for (int k = 0; k < 4; k++) {
#pragma unroll
    for (int i = 0; i < 4; i++) {
      bool exists = 16 * k + group + (i >> 1) * 8 < keys;
      s[k][i] = exists ? s[k][i] * scale : MINUS_INFINITY;
      most[i & 1] = fmaxf(most[i & 1], s[k][i]);
    }
  }
  float keep[2];
#pragma unroll
  for (int h = 0; h < 2; h++) {
#pragma unroll
    for (int step = 4; step < 32; step <<= 1)
      most[h] = fmaxf(most[h], __shfl_xor_sync(FULL_WARP, most[h], step));
    most[h] = fmaxf(most[h], found.most[h]);
    keep[h] = exp2_fast(found.most[h] - most[h]);
    found.most[h] = most[h];
    found.sum[h] *= keep[h];
  }
#pragma unroll
  for (int m = 0; m < 4; m++)
#pragma unroll
    for (int i = 0; i < 4; i++) found.out[m][i] *= keep[i & 1];
  u32 value = slot + 8192 + ((at.lane & 7) + (at.lane >> 4) * 8) * 128;
  int chunk = (at.lane >> 3) & 1;
#pragma unroll
  for (int k = 0; k < 4; k++) {
#pragma unroll
    for (int i = 0; i < 4; i++) s[k][i] = exp2_fast(s[k][i] - most[i & 1]);
    found.sum[0] += s[k][0] + s[k][2];
    found.sum[1] += s[k][1] + s[k][3];
    u32 low = transpose_8x8(pack_bf16(s[k][0], s[k][1]));
    u32 high = transpose_8x8(pack_bf16(s[k][2], s[k][3]));
#pragma unroll
    for (int m = 0; m < 4; m++) {
      uint4 a = load_matrix_x4_transposed(value + k * 2048 + (((2 * m + chunk) ^ swizzle) << 4));
      mma_16x8x16(found.out[m], a.x, a.y, a.z, a.w, low, high);
    }
  }
}

// The warp's results, as the `part`-th of 13.
DEVICE void leave_found(const Place& at, int part, Found& found) {
  float* out = (float*)(at.memory + ATTENTION_PARTS) + part * 256;
  float* stats = (float*)(at.memory + ATTENTION_PARTS) + 13 * 256 + part * 8;
  int group = at.lane >> 2, head = 2 * (at.lane & 3);
#pragma unroll
  for (int h = 0; h < 2; h++)
#pragma unroll
    for (int step = 4; step < 32; step <<= 1)
      found.sum[h] += __shfl_xor_sync(FULL_WARP, found.sum[h], step);
  if (head >= 4) return;
  if (group < 2) stats[2 * (head + group)] = group ? found.most[1] : found.most[0];
  if (group < 2) stats[2 * (head + group) + 1] = group ? found.sum[1] : found.sum[0];
#pragma unroll
  for (int m = 0; m < 4; m++)
#pragma unroll
    for (int i = 0; i < 4; i++)
      out[(head + (i & 1)) * 64 + 16 * m + group + (i >> 1) * 8] = found.out[m][i];
}

// A warp: the token's own key, which is in no page yet.
DEVICE void attend_own(const Place& at, int part, bool own) {
  const float scale = 0.18033688011112042f;
  const u32* rows = (const u32*)(at.memory + HEAD_ROWS);
  float* out = (float*)(at.memory + ATTENTION_PARTS) + part * 256;
  float* stats = (float*)(at.memory + ATTENTION_PARTS) + 13 * 256 + part * 8;
  u32 k = rows[4 * 32 + at.lane], v = rows[5 * 32 + at.lane];
#pragma unroll
  for (int h = 0; h < 4; h++) {
    u32 q = rows[h * 32 + at.lane];
    float score = warp_sum(low_bf16(q) * low_bf16(k) + high_bf16(q) * high_bf16(k)) * scale;
    if (at.lane == 0) stats[2 * h] = own ? score : MINUS_INFINITY, stats[2 * h + 1] = 1.0f;
    out[h * 64 + 2 * at.lane] = low_bf16(v);
    out[h * 64 + 2 * at.lane + 1] = high_bf16(v);
  }
}

// Merges the block's 13 parts for channel `channel` of its four heads' 256.
DEVICE void merge_parts(const Place& at, int channel, float& most, float& sum, float& total) {
  const float* out = (const float*)(at.memory + ATTENTION_PARTS) + channel;
  const float* stats = (const float*)(at.memory + ATTENTION_PARTS) + 13 * 256 + channel / 64 * 2;
  most = MINUS_INFINITY, sum = total = 0.0f;
#pragma unroll
  for (int i = 0; i < 13; i++) most = fmaxf(most, stats[i * 8]);
#pragma unroll
  for (int i = 0; i < 13; i++) {
    if (stats[i * 8] != MINUS_INFINITY) {
      float weight = exp2_fast(stats[i * 8] - most);
      sum += weight * stats[i * 8 + 1];
      total += weight * out[i * 256];
    }
  }
}

// Threads 0 to 255: sends what the block found.
DEVICE void send_split(const Place& at, u64* exchange, u32 epoch) {
  if (at.thread >= 256) return;
  float most, sum, total;
  merge_parts(at, at.thread, most, sum, total);
  bool any = most != MINUS_INFINITY;
  send(exchange + PART_OUT + at.block * 256 + at.thread, __float_as_uint(any ? __fdividef(total, sum) : 0.0f), epoch);
  if (at.thread % 64 == 0)
    send(exchange + PART_SUM + at.block * 4 + at.thread / 64,
         __float_as_uint(any ? most + __log2f(sum) : MINUS_INFINITY), epoch);
}
// The second half of the threads: nobody will read a split, but every word belongs to every launch.
DEVICE void send_no_split(const Place& at, u64* exchange, u32 epoch) {
  int i = at.thread - 256;
  if (i < 0) return;
  send(exchange + PART_OUT + at.block * 256 + i, 0, epoch);
  if (i < 4) send(exchange + PART_SUM + at.block * 4 + i, 0, epoch);
}

// Where the block's 16 channels of query head block / 4 are among its group's 256.
DEVICE int own_channel(const Place& at) { return at.block % SPLITS * 16 + (at.lane & 15); }

// A warp: merges the splits for the block's 16 channels; the value of channel lane % 16 is in every
// lane. The lane's half of the warp takes every other split.
DEVICE float merge_splits(const Place& at, const DecodeOne& p, int active, u32 epoch) {
  int head = (at.block >> 2) & 3, channel = own_channel(at);
  pause(p.pauses.parts);
  float most = MINUS_INFINITY, sum = 0.0f, total = 0.0f;
#pragma unroll 1
  for (int unit = at.lane >> 4; unit < active; unit += 8) {
    u64 out[4], stats[4];
    u32 missing = 0;
#pragma unroll
    for (int i = 0; i < 4; i++)
      if (unit + 2 * i < active) missing |= 1u << i;
    u32 exists = missing;
    Patience patience;
    while (missing) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        int block = key_head(at.block) * SPLITS + split_of_unit(unit + 2 * i);
        if (missing >> i & 1) {
          out[i] = look(p.exchange + PART_OUT + block * 256 + channel);
          stats[i] = look(p.exchange + PART_SUM + block * 4 + head);
        }
      }
#pragma unroll
      for (int i = 0; i < 4; i++)
        if ((missing >> i & 1) && is_from(out[i], epoch) && is_from(stats[i], epoch)) missing &= ~(1u << i);
      patience.look_again();
    }
#pragma unroll
    for (int i = 0; i < 4; i++) {
      if (exists >> i & 1) {
        float next = __uint_as_float((u32)stats[i]), high = fmaxf(most, next);
        float keep = exp2_fast(most - high), add = exp2_fast(next - high);
        total = total * keep + __uint_as_float((u32)out[i]) * add;
        sum = sum * keep + add;
        most = high;
      }
    }
  }
  __syncwarp();
  float otherMost = __shfl_xor_sync(FULL_WARP, most, 16), high = fmaxf(most, otherMost);
  float keep = exp2_fast(most - high), add = exp2_fast(otherMost - high);
  total = total * keep + __shfl_xor_sync(FULL_WARP, total, 16) * add;
  sum = sum * keep + __shfl_xor_sync(FULL_WARP, sum, 16) * add;
  return __fdividef(total, sum);
}
