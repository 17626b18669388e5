// Merges the splits of prompt chunks whose keys were spread over several items of
// attention_prefill, and writes their rows of out[T][nh * 64]. Launched after it.
//
//   itemCount, items   one item of each such set (any of them: row, rows, position and slot matter)
//   tokens             the most rows that an item has (PREFILL_TOKENS)
//
// A warp merges one token and query head. Units of a block: (item, token, 8 query heads). grid = any.
#include "attention.cuh"

#define COMBINE_WARPS 8
#define COMBINE_AHEAD 32  // loads in flight a lane

extern "C" __global__ void __launch_bounds__(COMBINE_WARPS * 32)
    attention_combine(bf16* out, int nkv, const int* itemCount, const Item* items, int tokens,
                      float* partialOut, float2* partialStats) {
  let_later_kernels_start();
  wait_for_earlier_kernels();
  int nh = nkv * GROUP, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  int octets = (nh + COMBINE_WARPS - 1) / COMBINE_WARPS, units = *itemCount * tokens * octets;
  Partials partials{partialOut, partialStats, 0};
  for (int unit = blockIdx.x; unit < units; unit += gridDim.x) {
    Item item = load_item(items, unit / (tokens * octets));
    int token = unit / octets % tokens, head = unit % octets * COMBINE_WARPS + warp;
    if (token >= item.rows || head >= nh) continue;
    int splits = (item.position + item.rows - 1) / SPLIT_KEYS + 1;
    merge_splits<COMBINE_AHEAD>(item, partials, token, head, nh, splits, lane,
                                out + ((long long)(item.row + token) * nh + head) * HEAD_DIM);
  }
}
