// How blocks give each other activations: 8-byte words of a value and the epoch in which it was
// written. A reader looks until the epoch is the one it waits for, so no fence and no flag is needed.
#pragma once
#include "decode_one_shape.cuh"

DEVICE void send(u64* word, u32 value, u32 epoch) {
  asm volatile("st.relaxed.gpu.global.u64 [%0], %1;" ::"l"(word), "l"(((u64)epoch << 32) | value)
               : "memory");
}
DEVICE u64 look(const u64* word) {
  u64 v;
  asm volatile("ld.relaxed.gpu.global.u64 %0, [%1];" : "=l"(v) : "l"(word) : "memory");
  return v;
}
DEVICE void look_pair(const u64* words, u64& a, u64& b) {
  asm volatile("ld.relaxed.gpu.global.v2.u64 {%0, %1}, [%2];" : "=l"(a), "=l"(b) : "l"(words) : "memory");
}
DEVICE bool is_from(u64 word, u32 epoch) { return (u32)(word >> 32) == epoch; }

// Without the slow path of an exact division.
DEVICE float quick_sigmoid(float v) { return __fdividef(1.0f, 1.0f + __expf(-v)); }

// __nanosleep is too coarse: 300 to 800 ns all make rounds of a microsecond.
DEVICE void pause(u32 clocks) {
  u32 begin = (u32)clock64();
  while ((u32)clock64() - begin < clocks) {}
}

// Ends a wait that can't end: a lost word is a bug, and an error is better than a hang.
struct Patience {
  int looks = 0;
  long long begin = 0;
  DEVICE void look_again() {
    if ((++looks & 4095) != 0) return;
    if (begin == 0) begin = clock64();
    if (clock64() - begin > 4000000000ll) asm volatile("trap;");
  }
};

// Waits for up to COUNT pairs of words at first, first + 1024, ... below end (indices of words).
template <int COUNT>
DEVICE void receive_pairs(const u64* words, int first, int end, u32 epoch, u32 (&value)[2 * COUNT]) {
  u64 a[COUNT], b[COUNT];
  u32 missing = 0;
#pragma unroll
  for (int i = 0; i < COUNT; i++) {
    a[i] = b[i] = 0;
    if (first + i * 1024 < end) missing |= 1u << i;
  }
  Patience patience;
  while (missing) {
#pragma unroll
    for (int i = 0; i < COUNT; i++)
      if (missing >> i & 1) look_pair(words + first + i * 1024, a[i], b[i]);
#pragma unroll
    for (int i = 0; i < COUNT; i++)
      if (is_from(a[i], epoch) && is_from(b[i], epoch)) missing &= ~(1u << i);
    patience.look_again();
  }
#pragma unroll
  for (int i = 0; i < COUNT; i++) value[2 * i] = (u32)a[i], value[2 * i + 1] = (u32)b[i];
}
DEVICE u32 receive(const u64* word, u32 epoch) {
  Patience patience;
  u64 v = look(word);
  while (!is_from(v, epoch)) v = look(word), patience.look_again();
  return (u32)v;
}

DEVICE u32 full_barrier(u32 shared, int slot) { return shared + BARRIERS + slot * 8; }
DEVICE u32 empty_barrier(u32 shared, int slot) { return shared + BARRIERS + (OWNERS + slot) * 8; }
DEVICE u32 chosen_barrier(u32 shared) { return shared + BARRIERS + 2 * OWNERS * 8; }

// All threads that compute.
DEVICE void sync_consumers() { asm volatile("bar.sync 1, %0;" ::"n"(CONSUMERS) : "memory"); }

// A whole warp; lanes 2i and 2i + 1 hold neighbours, and `mine` says which even lanes send.
DEVICE void send_rows(u64* words, int word, float value, bool mine, u32 epoch) {
  float next = __shfl_down_sync(FULL_WARP, value, 1);
  if (mine && !(threadIdx.x & 1)) send(words + word, pack_bf16(value, next), epoch);
}

// ---- the input of a stage: word i (values 2i, 2i + 1) in the order of B fragments ----

DEVICE void put_input(const Place& at, int word, u32 value) {
  int j = word & 7;
  int where = (word >> 4) * 16 + (j & 3) * 4 + ((word >> 3) & 1) * 2 + (j >> 2);
  *(u32*)(at.memory + INPUT + where * 4) = value;
}

// Waits for the gated products and puts them. An expert's begin at a whole slot, with zeros before.
DEVICE void receive_gated(const Place& at, const u64* words, bool dense, u32 epoch) {
  constexpr int WORDS = EXPERT_WIDTH / 2, STRIDE = EXPERT_SLOTS * SLOT_K / 2;
  constexpr bool PADDED = WORDS != STRIDE;
  constexpr int EXPERT = WORDS ? WORDS : 1, GAP = PADDED ? STRIDE - WORDS : 1;
  const int count = dense ? DENSE_WIDTH / 2 : TOP * WORDS;
#pragma unroll 1
  for (int base = 2 * at.thread; base < count; base += 3 * 1024) {
    u32 value[6];
    receive_pairs<3>(words, base, count, epoch, value);
#pragma unroll
    for (int i = 0; i < 3; i++) {
      int word = base + i * 1024;
      if (word < count) {
        if (PADDED && !dense) word += word / EXPERT * GAP;
        put_input(at, word, value[2 * i]);
        put_input(at, word + 1, value[2 * i + 1]);
      }
    }
  }
  if (PADDED && !dense)
    for (int i = at.thread; i < TOP * GAP; i += CONSUMERS)
      put_input(at, i / GAP * STRIDE + WORDS + i % GAP, 0);
  if (dense && DENSE_WIDTH % SLOT_K != 0)
    for (int i = count + at.thread; i < DENSE_SLOTS * SLOT_K / 2; i += CONSUMERS) put_input(at, i, 0);
}

// ---- small vectors, copied to shared memory a stage before they are needed ----
// Not to registers: one that is spilled is waited for. A thread reads what it copied itself, so that
// no barrier is needed; committed groups tell which copies have landed.

DEVICE void copy_async_8(u32 shared, const void* global) {
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8;" ::"r"(shared), "l"(global) : "memory");
}
// This thread's four weights of the next norm.
DEVICE void copy_norm(const Place& at, const u8* norm) {
  copy_async_8(at.shared + NORM_WEIGHTS + at.thread * 8, norm + at.thread * 8);
}

// Norms the row that the block's threads hold, two words each, by the weights copied before, and puts
// it as input. The words of the normed row are left in `value`.
DEVICE void norm_input(const Place& at, u32 (&value)[2], float eps) {
  float a = low_bf16(value[0]), b = high_bf16(value[0]), c = low_bf16(value[1]), d = high_bf16(value[1]);
  float* sums = (float*)(at.memory + SMALL_SUMS);
  float sum = warp_sum(a * a + b * b + c * c + d * d);
  if (at.lane == 0) sums[at.warp] = sum;
  uint2 weight = *(const uint2*)(at.memory + NORM_WEIGHTS + at.thread * 8);
  sync_consumers();
  const float4* s = (const float4*)sums;
  float4 p = s[0], q = s[1], r = s[2], t = s[3];
  sum = (((p.x + p.y) + (p.z + p.w)) + ((q.x + q.y) + (q.z + q.w))) +
        (((r.x + r.y) + (r.z + r.w)) + ((t.x + t.y) + (t.z + t.w)));
  float scale = rsqrtf(sum * (1.0f / HIDDEN) + eps);
  value[0] = pack_bf16(round_bf16(a * scale) * low_bf16(weight.x), round_bf16(b * scale) * high_bf16(weight.x));
  value[1] = pack_bf16(round_bf16(c * scale) * low_bf16(weight.y), round_bf16(d * scale) * high_bf16(weight.y));
  put_input(at, 2 * at.thread, value[0]);
  put_input(at, 2 * at.thread + 1, value[1]);
}
