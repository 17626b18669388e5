// The router: every block computes a part of one expert's logit, sends it, and then chooses the
// experts for itself.
#pragma once
#include "decode_one_exchange.cuh"

#if EXPERTS
constexpr int PART_WARPS = 16 / LOGIT_PARTS;  // warps that hold a part's channels of the row

DEVICE int logit_expert(int block) { return block / LOGIT_PARTS; }
// Whether this warp's channels are in the block's part.
DEVICE bool in_part(const Place& at) { return at.warp / PART_WARPS == at.block % LOGIT_PARTS; }

// This thread's four weights of the block's expert, and the bias for the warp that chooses.
DEVICE void copy_router(const Place& at, const u8* vectors) {
  if (in_part(at))
    copy_async_8(at.shared + GATE_WEIGHTS + at.thread % (PART_WARPS * 32) * 8,
                 vectors + GATE + ((u64)logit_expert(at.block) * HIDDEN + 4 * at.thread) * 2);
  if (at.thread < EXPERTS / 4)
    copy_async_16(at.shared + BIAS + at.thread * 16, vectors + EXPERT_BIAS + at.thread * 16, true);
}

// `normed`: the thread's four channels. After the next barrier send_logit has the warps' sums.
DEVICE void add_logit(const Place& at, const u32 (&normed)[2]) {
  if (!in_part(at)) return;
  uint2 gate = *(const uint2*)(at.memory + GATE_WEIGHTS + at.thread % (PART_WARPS * 32) * 8);
  float sum = low_bf16(normed[0]) * low_bf16(gate.x) + high_bf16(normed[0]) * high_bf16(gate.x) +
              low_bf16(normed[1]) * low_bf16(gate.y) + high_bf16(normed[1]) * high_bf16(gate.y);
  sum = warp_sum(sum);
  if (at.lane == 0) ((float*)(at.memory + SMALL_SUMS))[16 + at.warp % PART_WARPS] = sum;
}
DEVICE void send_logit(const Place& at, u64* exchange, u32 epoch) {
  const float* sums = (const float*)(at.memory + SMALL_SUMS) + 16;
  float sum = 0.0f;
#pragma unroll
  for (int i = 0; i < PART_WARPS; i++) sum += sums[i];
  send(exchange + LOGITS + at.block, __float_as_uint(sum), epoch);
}

// Order of floats as order of unsigned ints; NaN must not make the choice run out of range.
DEVICE u32 order_of(float v) {
  if (v != v) return 1;
  u32 bits = __float_as_uint(v);
  return (bits & 0x80000000u) ? ~bits : (bits | 0x80000000u);
}

// A whole warp: takes the best of its lanes' values; the lower expert wins a tie. Lane i holds
// experts i and i + 32.
DEVICE int take_best(u32& low, u32& high, int lane) {
  u32 best = __reduce_max_sync(FULL_WARP, max(low, high));
  u32 lows = __ballot_sync(FULL_WARP, low == best), highs = __ballot_sync(FULL_WARP, high == best);
  int expert = lows ? __ffs(lows) - 1 : __ffs(highs) + 31;
  if (lane == expert) low = 0;
  if (lane + 32 == expert) high = 0;
  return expert;
}

// A whole warp: waits for all logits, chooses, and lets the copies of the experts begin. Rounds as
// transformers does: logits and sigmoids to BF16; the bias is for choosing only.
DEVICE void choose(const Place& at, const DecodeOne& p, u32 epoch) {
  const float* bias = (const float*)(at.memory + BIAS);
  float lowBias = bias[at.lane], highBias = EXPERTS == 64 ? bias[at.lane + 32] : 0.0f;
  pause(p.pauses.logits);
  const u64* words = p.exchange + LOGITS;
  const u64* first = words + (EXPERTS == 64 ? 2 : 4) * at.lane;
  const u64* second = EXPERTS == 64 ? first + 64 : first + 2;
  u64 a, b, c, d;
  Patience patience;
  while (true) {
    look_pair(first, a, b);
    look_pair(second, c, d);
    if (is_from(a, epoch) && is_from(b, epoch) && is_from(c, epoch) && is_from(d, epoch)) break;
    patience.look_again();
  }
  __syncwarp();
  float lowLogit = __uint_as_float((u32)a) + __uint_as_float((u32)b);
  float highLogit = __uint_as_float((u32)c) + __uint_as_float((u32)d);
  if (EXPERTS == 32) lowLogit += highLogit;
  float low = round_bf16(quick_sigmoid(round_bf16(lowLogit)));
  float high = round_bf16(quick_sigmoid(round_bf16(highLogit)));
  u32 lowOrder = order_of(low + lowBias), highOrder = EXPERTS == 64 ? order_of(high + highBias) : 0;
  float mine = 0.0f, sum = 0.0f;
#pragma unroll
  for (int i = 0; i < TOP; i++) {
    int expert = take_best(lowOrder, highOrder, at.lane);
    if (at.lane == i) ((int*)(at.memory + CHOSEN))[i] = expert;
    float score = __shfl_sync(FULL_WARP, expert < 32 ? low : high, expert & 31);
    if (at.lane == i) mine = score;
    sum += score;
  }
  __syncwarp();
  if (at.lane == 0) barrier_arrive(chosen_barrier(at.shared));
  if (p.normExperts) mine = __fdividef(mine, sum + 1e-6f);
  if (at.lane < TOP) ((float*)(at.memory + CHOSEN))[TOP + at.lane] = mine * p.expertScale;
  __syncwarp();
}
#endif
