// What the dense and the grouped products share. A block computes tiles of 128 weight rows by up to
// N tokens: weights are the M operand of wgmma, tokens its N operand. One warp copies slots of 64
// values of K into a ring in shared memory (128 weight rows, then the token rows), two warpgroups
// multiply, 64 weight rows each.
//
// A gated product interleaves w1 and w3 by 8 rows (the 5-D tensor map does it), so that a thread
// holds gate and up of the same output in neighbouring registers and SiLU needs no exchange; its
// tile is 64 outputs wide.
#pragma once
#include "wgmma.cuh"

#define K_STEP 64
#define TILE_ROWS 128
#define WEIGHT_BYTES (TILE_ROWS * K_STEP * 2)
#define TOKEN_BYTES (K_STEP * 2)
#define CONSUMER_WARPS 8

template <int N>
DEVICE constexpr int slot_bytes() {
  return WEIGHT_BYTES + N * TOKEN_BYTES;
}

// Both sides walk the slots in the same order; `parity` flips each time round.
template <int SLOTS, int SLOT_BYTES>
struct Ring {
  u32 data, full, empty;
  int slot;
  u32 parity;

  DEVICE Ring(u32 data, u32 barriers)
      : data(data), full(barriers), empty(barriers + 8 * SLOTS), slot(0), parity(0) {}
  DEVICE void init() {
    for (int i = 0; i < SLOTS; i++) {
      barrier_init(full + 8 * i, 1);
      barrier_init(empty + 8 * i, CONSUMER_WARPS);
    }
    barrier_init_fence();
  }
  DEVICE u32 address() const { return data + slot * SLOT_BYTES; }
  DEVICE u32 full_barrier() const { return full + 8 * slot; }
  DEVICE void wait_full() const { barrier_wait(full + 8 * slot, parity); }
  DEVICE void wait_empty() const { barrier_wait(empty + 8 * slot, parity ^ 1); }
  DEVICE void advance() {
    if (++slot == SLOTS) {
      slot = 0;
      parity ^= 1;
    }
  }
};

DEVICE void bar_consumers() { asm volatile("bar.sync 1, 256;" ::: "memory"); }

DEVICE void copy_tensor_3d(u32 shared, const TensorMap* map, int x, int y, int z, u32 barrier,
                           u64 policy) {
  asm volatile(
      "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint "
      "[%0], [%1, {%3, %4, %5}], [%2], %6;" ::"r"(shared),
      "l"(map), "r"(barrier), "r"(x), "r"(y), "r"(z), "l"(policy)
      : "memory");
}
DEVICE void copy_tensor_5d(u32 shared, const TensorMap* map, int x, int y, int z, int w, int v,
                           u32 barrier, u64 policy) {
  asm volatile(
      "cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint "
      "[%0], [%1, {%3, %4, %5, %6, %7}], [%2], %8;" ::"r"(shared),
      "l"(map), "r"(barrier), "r"(x), "r"(y), "r"(z), "r"(w), "r"(v), "l"(policy)
      : "memory");
}
DEVICE u64 evict_normal_policy() {
  u64 policy;
  asm volatile("createpolicy.fractional.L2::evict_normal.b64 %0, 1.0;" : "=l"(policy));
  return policy;
}
DEVICE void prefetch_map(const TensorMap* map) {
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
}

// 128 rows of one step of K: rows of `tile` of `expert`; beyond the expert's rows TMA writes zeros.
template <bool GATED>
DEVICE void copy_weights(u32 shared, const TensorMap* map, int k, int tile, int expert, u32 barrier,
                         u64 policy) {
  if (GATED) {
    copy_tensor_5d(shared, map, k, 0, 0, tile * 8, expert, barrier, policy);
  } else {
    copy_tensor_3d(shared, map, k, tile * TILE_ROWS, expert, barrier, policy);
  }
}

// The product of one tile: d = sum over `steps` slots. `group` is the warpgroup, 0 or 1.
template <int N, typename R>
DEVICE void multiply(float (&d)[N / 2], R& ring, int steps, int group) {
#pragma unroll
  for (int i = 0; i < N / 2; i++) d[i] = 0.0f;
  bool leader = threadIdx.x % 32 == 0;
  u32 previous = 0;
#pragma unroll 1
  for (int step = 0; step < steps; step++) {
    ring.wait_full();
    u64 a = operand_descriptor(ring.address() + group * (WEIGHT_BYTES / 2));
    u64 b = operand_descriptor(ring.address() + WEIGHT_BYTES);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < K_STEP / 16; k++) Warpgroup<N>::multiply_add(d, a + 2 * k, b + 2 * k);
    wgmma_commit();
    wgmma_wait<1>();  // the step before this one has read its slot
    if (step > 0 && leader) barrier_arrive(previous);
    previous = ring.empty + 8 * ring.slot;
    ring.advance();
  }
  wgmma_wait<0>();
  if (steps > 0 && leader) barrier_arrive(previous);
}
