// The tiles of products with many tokens or many experts, found by every block for itself.
#pragma once
#include "common.cuh"

#define EXPERTS_MOST 64
#define BAND 16

// The tiles of all experts. `first_tile` and `first_row` have one entry more than there are experts.
struct TileList {
  int experts, row_tiles;
  int first_tile[EXPERTS_MOST + 1];
  int first_row[EXPERTS_MOST + 1];
};

struct Tile {
  int expert, row_tile, row, count;
  bool alone;  // no other tile reads these weights
};

DEVICE int chunk_count(int rows, int widest) { return (rows + widest - 1) / widest; }

// Called by one warp: an exclusive sum of the tile counts. No experts: `offsets` is the number of rows
// of the only matrix.
DEVICE void list_tiles(TileList& list, const int* offsets, int experts, int row_tiles, int widest) {
  int lane = threadIdx.x % 32;
  int total = 0;
  if (experts == 0) {
    list.first_row[0] = list.first_tile[0] = 0;
    list.first_row[1] = *offsets;
    list.first_tile[1] = chunk_count(*offsets, widest) * row_tiles;
    list.experts = 1;
    list.row_tiles = row_tiles;
    return;
  }
  for (int base = 0; base < experts; base += 32) {
    int e = base + lane;
    int begin = e < experts ? offsets[e] : 0, end = e < experts ? offsets[e + 1] : 0;
    int tiles = chunk_count(end - begin, widest) * row_tiles;
    int sum = tiles;
#pragma unroll
    for (int step = 1; step < 32; step <<= 1) {
      int left = __shfl_up_sync(FULL_WARP, sum, step);
      if (lane >= step) sum += left;
    }
    if (e < experts) {
      list.first_row[e] = begin;
      list.first_tile[e] = total + sum - tiles;
      if (e == experts - 1) {
        list.first_row[experts] = end;
        list.first_tile[experts] = total + sum;
      }
    }
    total += __shfl_sync(FULL_WARP, sum, 31);
  }
  if (lane == 0) {
    list.experts = experts;
    list.row_tiles = row_tiles;
  }
}

// Tiles are asked for in ascending order: `expert` is where the last search ended.
DEVICE bool find_tile(const TileList& list, int index, int widest, int& expert, Tile& tile) {
  if (index >= list.first_tile[list.experts]) return false;
  while (index >= list.first_tile[expert + 1]) expert++;
  int begin = list.first_row[expert], rows = list.first_row[expert + 1] - begin;
  int chunks = chunk_count(rows, widest);
  int width = rows <= widest ? rows : (chunk_count(rows, chunks) + 31) & ~31;
  // Chunks are neighbours in bands: the tokens of a band stay in L2 while all weights pass.
  int inside = index - list.first_tile[expert], band_tiles = BAND * list.row_tiles;
  int band = inside / band_tiles, band_chunks = min(BAND, chunks - band * BAND);
  inside -= band * band_tiles;
  int start = (band * BAND + inside % band_chunks) * width;
  tile.expert = expert;
  tile.row_tile = inside / band_chunks;
  tile.row = begin + start;
  tile.count = min(width, rows - start);
  tile.alone = chunks == 1;
  return true;
}
