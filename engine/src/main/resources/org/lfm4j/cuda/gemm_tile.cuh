// What the matrix products of sm_90a share. A block computes tiles of R weight rows by up to N tokens:
// weights are the M operand of wgmma, tokens its N operand. One warp copies slots of K into a ring in
// shared memory (weights, then the token rows), two warpgroups multiply.
//
// A gated product interleaves w1 and w3 by 8 rows (the 5-D tensor map does it), so that a thread
// holds gate and up of the same output in neighbouring registers and SiLU needs no exchange; a tile
// has half as many outputs as rows.
//
// Tensor maps (BF16, 128-byte swizzle, zeros out of bounds, L2 promotion 256 bytes, no interleave;
// dimensions and boxes in elements from the innermost, strides in bytes from dimension 1):
//   plain weights w[E][N][K]:    dims {K, N, E}, strides {2K, 2KN}, box {64, R, 1}
//   gated weights w[2][E][M][K]: dims {K, 8, 2, M/8, E}, strides {2K, 2KME, 16K, 2KM},
//                                box {64, 8, 2, R/16, 1}
//   rows a[rows allocated][K]:   dims {K, rows}, strides {2K}, box {64, B}
// R is the row tile of the kernel, B its number of token rows a copy; E = 1 for dense
// weights. Experts have a dimension of their own so that a tile that is not full reads zeros and not
// the next expert's rows. K is a multiple of 32, N and M of 8.
#pragma once
#include "cluster.cuh"
#include "wgmma.cuh"

#define K_STEP 64
#define ROW_BYTES (K_STEP * 2)  // of weights or tokens in a slot
#define GROUP_BYTES (64 * ROW_BYTES)  // what one warpgroup multiplies

// A tile of R weight rows. 128: 64 rows a warpgroup, a slot is 64 of K. 64: two warpgroups share
// the rows, a slot is 128 of K, one half each: more tiles of fewer rows keep 16 KB a copy.
template <int R>
struct Rows {
  static constexpr int PARTS = R == 64 ? 2 : 1;  // steps of K in a slot
  static constexpr int WARPS = 8;              // that multiply
  static constexpr int BYTES = R * PARTS * ROW_BYTES;  // of weights in a slot
};

// Both sides walk the slots in the same order; `parity` flips each time round.
template <int SLOTS, int SLOT_BYTES>
struct Ring {
  u32 data, full, empty;
  int slot;
  u32 parity;

  DEVICE Ring(u32 data, u32 barriers)
      : data(data), full(barriers), empty(barriers + 8 * SLOTS), slot(0), parity(0) {}
  DEVICE void init(int consumer_warps) {
    for (int i = 0; i < SLOTS; i++) {
      barrier_init(full + 8 * i, 1);
      barrier_init(empty + 8 * i, consumer_warps);
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

template <int WARPS>
DEVICE void bar_consumers() {
  asm volatile("bar.sync 1, %0;" ::"n"(32 * WARPS) : "memory");
}

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
// The same into every block of the cluster that `blocks` has a bit for, at the same place; the barrier of
// each is told.
DEVICE void copy_tensor_2d_to(u16 blocks, u32 shared, const TensorMap* map, int x, int y,
                              u32 barrier) {
  asm volatile(
      "cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster "
      "[%0], [%1, {%3, %4}], [%2], %5;" ::"r"(shared),
      "l"(map), "r"(barrier), "r"(x), "r"(y), "h"(blocks)
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

// R rows (the map's box) of one step of K, of row tile `tile` of `expert`; beyond the expert's rows
// TMA writes zeros.
template <bool GATED, int R>
DEVICE void copy_weights(u32 shared, const TensorMap* map, int k, int tile, int expert, u32 barrier,
                         u64 policy) {
  if (GATED) {
    copy_tensor_5d(shared, map, k, 0, 0, tile * (R / 16), expert, barrier, policy);
  } else {
    copy_tensor_3d(shared, map, k, tile * R, expert, barrier, policy);
  }
}

// A warp no longer reads a slot, which all `BLOCKS` of a cluster copy into.
template <int BLOCKS>
DEVICE void release(u32 empty) {
  u32 lane = threadIdx.x % 32;
  if (BLOCKS == 1) {
    if (lane == 0) barrier_arrive(empty);
  } else if (lane < BLOCKS) {
    arrive_in(empty, lane);
  }
}

// The product of one tile, N columns and MORE behind them: d and e = sums over `steps` slots, at least
// one. No instruction is wider than 256. `group` is the warpgroup.
template <int N, int MORE, int R, int BLOCKS, typename SlotRing>
DEVICE void multiply(float (&d)[N / 2], float (&e)[MORE / 2 + 1], SlotRing& ring, int steps,
                     int group) {
  int token_offset = Rows<R>::BYTES + (Rows<R>::PARTS == 2 ? group * N * ROW_BYTES : 0);
  // Zeros rather than a first product without addition, and a loop that is entered for certain:
  // anything else makes ptxas keep the sums of all widths alive, or serialise wgmma.
#pragma unroll
  for (int i = 0; i < N / 2; i++) d[i] = 0.0f;
#pragma unroll
  for (int i = 0; i < MORE / 2; i++) e[i] = 0.0f;
  u32 previous = 0;
  int step = 0;
#pragma unroll 1
  do {
    ring.wait_full();
    u64 a = operand_descriptor(ring.address() + group * GROUP_BYTES);
    u64 b = operand_descriptor(ring.address() + token_offset);
    wgmma_fence();
#pragma unroll
    for (int k = 0; k < K_STEP / 16; k++) {
      Warpgroup<N>::multiply_add(d, a + 2 * k, b + 2 * k);
      if constexpr (MORE > 0) {
        Warpgroup<MORE>::multiply_add((float(&)[MORE / 2])e, a + 2 * k,
                                      b + N * ROW_BYTES / 16 + 2 * k);
      }
    }
    wgmma_commit();
    wgmma_wait<1>();  // the step before this one has read its slot
    if (step > 0) release<BLOCKS>(previous);
    previous = ring.empty + 8 * ring.slot;
    ring.advance();
  } while (++step < steps);
  wgmma_wait<0>();
  release<BLOCKS>(previous);
}
template <int N, int R, typename SlotRing>
DEVICE void multiply(float (&d)[N / 2], SlotRing& ring, int steps, int group) {
  float none[1];
  multiply<N, 0, R, 1>(d, none, ring, steps, group);
}
