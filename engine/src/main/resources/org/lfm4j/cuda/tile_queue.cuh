// Which tile a cluster of blocks computes next: the copying thread of its first block decides, a tile
// ahead, and tells all warps of all blocks. Tiles of experts differ in size, so each cluster takes the
// next one when it is ready; tiles of a dense product don't, and are dealt out.
#pragma once
#include "cluster.cuh"
#include "hopper.cuh"

// Entries that are in use at a time. The copying thread is never further ahead of a multiplying warp
// than the ring of slots is long, which is less; so nobody need say that an entry was read.
#define QUEUE 8

struct TileQueue {
  u32 entries, barriers;  // in shared memory: [QUEUE] int32, [QUEUE] mbarrier
  int turn;

  DEVICE TileQueue(u32 entries, u32 barriers) : entries(entries), barriers(barriers), turn(0) {}
  DEVICE void init() const {
    for (int i = 0; i < QUEUE; i++) barrier_init(barriers + 8 * i, 1);
    barrier_init_fence();
  }
  // The number of the cluster's next tile; asked for as long as that exists.
  DEVICE int take() {
    u32 barrier = barriers + 8 * (turn % QUEUE), parity = turn / QUEUE & 1, done;
    do {
      asm volatile(
          "{ .reg .pred p; mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 p, [%1], %2; "
          "selp.u32 %0, 1, 0, p; }"
          : "=r"(done)
          : "r"(barrier), "r"(parity)
          : "memory");
    } while (!done);
    int tile;
    asm volatile("ld.shared.s32 %0, [%1];" : "=r"(tile) : "r"(entries + 4 * (turn++ % QUEUE)) : "memory");
    return tile;
  }
  // Tells all `blocks` of the cluster the tile that comes after the last one taken here.
  DEVICE void give(int tile, u32 blocks) const {
    for (u32 b = 0; b < blocks; b++) {
      asm volatile("st.shared::cluster.s32 [%0], %1;" ::"r"(address_in(entries + 4 * (turn % QUEUE), b)),
                   "r"(tile)
                   : "memory");
      asm volatile("mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%0];" ::"r"(
                       address_in(barriers + 8 * (turn % QUEUE), b))
                   : "memory");
    }
  }
};
