// The ring of slots between the thread that requests weights and the warps that use them.
//
// A warp owns a slot for good: a parity wait can only be one phase ahead, so who waits for a slot's
// next filling must be who emptied it before.
#pragma once
#include "decode_one_exchange.cuh"

DEVICE void copy_tensor_3d(u32 shared, const TensorMap* map, int x, int y, int z, u32 barrier, u64 policy) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint "
      "[%0], [%1, {%3, %4, %5}], [%2], %6;" ::"r"(shared),
      "l"(map), "r"(barrier), "r"(x), "r"(y), "r"(z), "l"(policy)
      : "memory");
}
DEVICE void copy_tensor_5d(u32 shared, const TensorMap* map, int step, int unit, u32 barrier, u64 policy) {
  asm volatile(
      "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint "
      "[%0], [%1, {%3, %3, %3, %4, %5}], [%2], %6;" ::"r"(shared),
      "l"(map), "r"(barrier), "r"(0), "r"(step), "r"(unit), "l"(policy)
      : "memory");
}
DEVICE void prefetch_map(const TensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}


DEVICE void init_ring(const Place& at) {
  if (at.thread == 0) {
    for (int i = 0; i < 2 * OWNERS + 1; i++) barrier_init(full_barrier(at.shared, i), 1);
    barrier_init_fence();
  }
  __syncthreads();
}

// The thread that requests copies, in the order in which stages use them.
struct Requests {
  u32 shared;
  u64 policy;
  int slot = 0, landing = 0, flying = 0;
  u32 phase = 0, landingPhase = 0;

  DEVICE Requests(const Place& at) : shared(at.shared), policy(evict_first_policy()) {}

  // The next slot, empty; waits until few enough copies are in flight.
  DEVICE int next_slot() {
    if (flying == IN_FLIGHT) {
      barrier_wait(full_barrier(shared, landing), landingPhase);
      if (++landing == OWNERS) landing = 0, landingPhase ^= 1;
    } else {
      flying++;
    }
    barrier_wait(empty_barrier(shared, slot), phase ^ 1);
    barrier_expect(full_barrier(shared, slot), SLOT_BYTES);
    int taken = slot;
    if (++slot == OWNERS) slot = 0, phase ^= 1;
    return taken;
  }
  // Fill slot `s` with the `part`-th 512 columns of 16 rows from `row`, or of a unit of the up
  // projection, or with the keys and values of a page: rows of 128 bytes of the pool.
  DEVICE void rows(int s, const TensorMap* map, int row, int part) {
    copy_tensor_3d(shared + s * SLOT_BYTES, map, 0, row, part * 8, full_barrier(shared, s), policy);
  }
  DEVICE void unit(int s, const TensorMap* map, int unit, int part) {
    copy_tensor_5d(shared + s * SLOT_BYTES, map, part * 8, unit, full_barrier(shared, s), policy);
  }
  DEVICE void page(int s, const TensorMap* map, int keyRow, int valueRow) {
    u32 to = shared + s * SLOT_BYTES, full = full_barrier(shared, s);
    copy_tensor_2d(to, map, 0, keyRow, full);
    copy_tensor_2d(to + 8192, map, 0, valueRow, full);
  }
};

// A warp's view of the ring: which of a stage's slots are its own.
struct Slots {
  int mine, next, begin = 0;
  u32 phase = 0;

  DEVICE Slots(int warp) : mine(warp), next(warp < OWNERS ? warp : 0x40000000) {}

  // Calls use(index in the stage, shared address) for each own slot of a stage of `count` slots.
  template <class Use>
  DEVICE void run(const Place& at, int count, Use use) {
    int end = begin + count;
#pragma unroll 1
    while (next < end) {
      barrier_wait(full_barrier(at.shared, mine), phase);
      use(next - begin, at.shared + mine * SLOT_BYTES);
      __syncwarp();
      if (at.lane == 0) barrier_arrive(empty_barrier(at.shared, mine));
      phase ^= 1;
      next += OWNERS;
    }
    begin = end;
  }
};

// 16 rows x 512 of K in a slot times the input from `k`; adds 16 sums at [index].
DEVICE void multiply_slot(const Place& at, u32 slot, int index, int k) {
  float d[4][4] = {};
  const u8* input = at.memory + INPUT + k * 2 + (at.lane & 3) * 16;
  u32 row = slot + (at.lane & 15) * 128;
  int chunk = at.lane >> 4, swizzle = at.lane & 7;
#pragma unroll
  for (int i = 0; i < 16; i++) {
    u32 tile = row + (i >> 1) * 2048;
    int c = (i & 1) * 4 + chunk;
    uint4 low = load_matrix_x4(tile + ((c ^ swizzle) << 4));
    uint4 high = load_matrix_x4(tile + (((c + 2) ^ swizzle) << 4));
    uint4 b = make_uint4(0, 0, 0, 0);
    if (at.lane < 4) b = *(const uint4*)(input + i * 64);
    mma_16x8x16(d[2 * (i & 1)], low.x, low.y, low.z, low.w, b.x, b.y);
    mma_16x8x16(d[2 * (i & 1) + 1], high.x, high.y, high.z, high.w, b.z, b.w);
  }
  if ((at.lane & 3) == 0) {
    float* sums = (float*)(at.memory + SUMS) + index * 16 + (at.lane >> 2);
    sums[0] = (d[0][0] + d[1][0]) + (d[2][0] + d[3][0]);
    sums[8] = (d[0][2] + d[1][2]) + (d[2][2] + d[3][2]);
  }
}

// What a stage multiplies: `slots` slots, of which each `row` are a row's K.
struct Product {
  int slots, row;
};
DEVICE Product of_hidden(int tiles) { return Product{tiles * HIDDEN_SLOTS, HIDDEN_SLOTS}; }

// The sum of row `row` over slots [first, first + count).
DEVICE float sum_slots(const Place& at, int first, int count, int row) {
  const float* s = (const float*)(at.memory + SUMS) + first * 16 + row;
  float even = 0.0f, odd = 0.0f;
#pragma unroll 4
  for (int i = 0; i + 1 < count; i += 2) even += s[i * 16], odd += s[i * 16 + 16];
  if (count & 1) even += s[(count - 1) * 16];
  return even + odd;
}
DEVICE float sum_tile(const Place& at, int tile, int row) {
  return sum_slots(at, tile * HIDDEN_SLOTS, HIDDEN_SLOTS, row);
}
