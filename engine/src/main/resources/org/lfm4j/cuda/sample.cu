// Chooses one token for each of a step's choices from FP32 logits [rows, vocab], in the order of
// org.lfm4j.sampling: mask, penalties, temperature, min-p (as drop), top-k, top-p, draw.
//
// Nothing sorts a row. sample_scan reads every logit once and leaves the largest and the weight of
// each block of 256 ids; sample_choose, one thread block a row, then reads only blocks in which
// something is large enough, from L2. Weights are 2^(scale * (logit - max)) as fixed-point numbers,
// so that sums don't depend on their order. Grids are fixed (a bucket), *count is the true number.
//
// A step, where B = ceil(vocab / 256) blocks, W = 2 * ceil(vocab / 64) words of a set of tokens,
// and <<<grid, threads>>>; arrays are in device memory:
//   sample_fill_in <<<ceil(rows / 256), 256>>>            only if tokens of the step before are not known
//   sample_clear   <<<(ceil(W / 256), cleared), 256>>>    only if slots are to be cleared
//   sample_enter   <<<ceil(entries / 256), 256>>>         only if there are entries, after clearing
//   sample_scan    <<<(ceil(B / 8), bucket), 256>>>       needs masks, so awaitMasks() comes before
//   sample_choose  <<<bucket, 512>>>
//   logprobs_scan, logprobs_top (logprobs.cu)             only if a choice wants log-probabilities
// Kept from step to step: seen u32 [slots, W], counts int [slots, vocab]; both may begin as rubbish.
// Written by the host: choices Choice [bucket], count int, masks u32 [masks, W] (the longs of
// Choices.maskBits as they are), slots int [cleared], entries int [entries, 3].
// Between kernels: block_keys u32 [bucket, B], block_sums float [bucket, B]. Result: tokens int
// [bucket]. logits float [rows, vocab] begin at a multiple of 16 bytes and are not changed; vocab is
// at most 131,072. Token ids of entries must be in the vocabulary: nothing checks them here.
#include "cutoff.cuh"

// ---- tokens that the host doesn't know yet ----

// In tokens [rows], -1 - c stands for what the step before chose in its choice c, in chosen.
extern "C" __global__ void __launch_bounds__(256)
    sample_fill_in(const int* chosen, int rows, int* tokens) {
  wait_for_earlier_kernels();
  int row = blockIdx.x * 256 + threadIdx.x;
  if (row >= rows || tokens[row] >= 0) return;
  // Where nothing could be chosen the sequence has failed: any token will do.
  int token = chosen[-1 - tokens[row]];
  tokens[row] = token < 0 ? 0 : token;
}

// ---- slots: seen [slots, words] bits, counts [slots, vocab] right where seen ----

extern "C" __global__ void __launch_bounds__(256)
    sample_clear(const int* slots, int vocab, u32* seen) {
  wait_for_earlier_kernels();
  int words = bit_set_words(vocab);
  int word = blockIdx.x * 256 + threadIdx.x;
  if (word < words) seen[(u64)slots[blockIdx.y] * words + word] = 0;
}

// entries [count][3]: slot, token, how often the output holds it.
extern "C" __global__ void __launch_bounds__(256)
    sample_enter(const int* entries, int count, int vocab, u32* seen, int* counts) {
  wait_for_earlier_kernels();
  int i = blockIdx.x * 256 + threadIdx.x;
  if (i >= count) return;
  u64 slot = entries[3 * i];
  int token = entries[3 * i + 1];
  atomicOr(&seen[slot * bit_set_words(vocab) + token / 32], 1u << token % 32);
  counts[slot * vocab + token] = entries[3 * i + 2];
}

// ---- pass 1: the largest logit and the weight of every block ----

// block_keys, block_sums [choices, blocks]. A block a warp: short warps, many of them, hide the reads
// that wait for others better than long ones.
extern "C" __global__ void __launch_bounds__(256, 6)
    sample_scan(const Choice* choices, const int* count, const float* logits, int vocab,
                const u32* masks, const u32* seen, const int* counts, u32* block_keys,
                float* block_sums) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  // Read together with the choice, since each read that waits for another costs half a microsecond.
  bool idle = blockIdx.y >= *count;
  const Choice* choice = choices + blockIdx.y;
  Row row = row_of(choice, logits, vocab, masks, seen, counts);
  if (idle) return;
  int blocks = (vocab + BLOCK_IDS - 1) / BLOCK_IDS;
  int lane = threadIdx.x % 32;
  int block = blockIdx.x * 8 + threadIdx.x / 32;
  if (block >= blocks) return;
  float v[8];
  load_block(row, block, lane, v);
  u32 key = largest_key(v);
  float scale = scale_of(choice->temperature);
  float sum = choice->temperature > 0 ? weight_below(v, key, scale) : 0.0f;
  if (lane == 0) {
    block_keys[(u64)blockIdx.y * blocks + block] = key;
    block_sums[(u64)blockIdx.y * blocks + block] = sum;
  }
}

// ---- pass 2 ----

// Weighs what is kept of every block: all above the floor in weights, the ties counted.
DEVICE void weigh_blocks(Shared& s, const Row& row, const Cut& cut) {
  list_active(s, cut);
  for (int i = threadIdx.x / 32; i < s.actives; i += WARPS) {
    int block = s.active[i];
    float v[8];
    load_block(row, block, threadIdx.x % 32, v);
    u64 sum = 0;
    u32 ties = 0;
#pragma unroll
    for (int j = 0; j < 8; j++) {
      if (v[j] > cut.floor) sum += weight_40(cut, v[j]);
      ties += v[j] == cut.floor;
    }
    sum = warp_sum_u64(sum);
    ties = __reduce_add_sync(FULL_WARP, ties);
    if (threadIdx.x % 32 == 0) {
      s.weights[block] = sum;
      s.ties[block] = ties;
    }
  }
  __syncthreads();
}

// Draws inside a block, one warp: the first id, with the ties that are left to keep, up to which the
// weights exceed the target; the last that is kept if rounding lets them not.
DEVICE int draw_in_block(const Row& row, const Cut& cut, int block, u64 target, int ties_left) {
  int lane = threadIdx.x % 32;
  float v[8];
  load_block(row, block, lane, v);
  u64 tie_weight = weight_40(cut, cut.floor);
  u64 before = 0;
  int last = -1;
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int ties = 0;
#pragma unroll
    for (int j = 0; j < 4; j++) ties += v[4 * half + j] == cut.floor;
    int ties_end = warp_prefix(ties, lane);
    int tie = ties_end - ties;
    u64 sums[4], sum = 0;
    int mine = -1;
#pragma unroll
    for (int j = 0; j < 4; j++) {
      float logit = v[4 * half + j];
      bool is_tie = logit == cut.floor;
      if (logit > cut.floor || (is_tie && tie < ties_left)) {
        sum += is_tie ? tie_weight : weight_40(cut, logit);
        mine = id_of(block, lane, 4 * half + j);
      }
      tie += is_tie;
      sums[j] = sum;
    }
    u64 end = before + warp_prefix(sum, lane);
    u32 reached = __ballot_sync(FULL_WARP, target < end);
    if (reached) {
      int first = __ffs(reached) - 1;
      int j = 0;
#pragma unroll
      for (int i = 0; i < 3; i++) j += target >= end - sum + sums[i];
      return __shfl_sync(FULL_WARP, id_of(block, lane, 4 * half + j), first);
    }
    last = max(last, __reduce_max_sync(FULL_WARP, mine));
    before = __shfl_sync(FULL_WARP, end, 31);
    ties_left -= __shfl_sync(FULL_WARP, ties_end, 31);
  }
  return last;
}

// Draws among the blocks as weighed, a thread for each; the result is right in the first warp.
DEVICE int draw(Shared& s, const Row& row, const Cut& cut) {
  int block = threadIdx.x;
  int ties = block < cut.blocks ? s.ties[block] : 0;
  int ties_left = cut.tie_budget;
  u64 total;
  if (ties_left != ALL_TIES) {
    int before = (int)block_prefix(s, ties, &total) - ties;
    ties_left = max(0, ties_left - before);
    __syncthreads();  // before the next sums
  }
  u64 weight = block < cut.blocks ? s.weights[block] : 0;
  weight += min(ties, ties_left) * weight_40(cut, cut.floor);
  u64 end = block_prefix(s, weight, &total);
  u64 target = min(total - 1, (u64)(row.choice->uniform * (double)total));
  if (end - weight <= target && target < end) {
    s.bin = block;
    s.above = target - (end - weight);
    s.tie_budget = ties_left;
  }
  __syncthreads();
  if (threadIdx.x >= 32) return -1;
  return draw_in_block(row, cut, s.bin, s.above, s.tie_budget);
}

// Adds the token to the choice's slot; nobody else writes to it.
DEVICE void add_to_slot(const Choice* choice, int vocab, int token, u32* seen, int* counts) {
  u32* word = seen + (u64)choice->slot * bit_set_words(vocab) + token / 32;
  int* times = counts + (u64)choice->slot * vocab + token;
  u32 bit = 1u << token % 32;
  *times = *word & bit ? *times + 1 : 1;
  *word |= bit;
}

// The lowest id of those with the largest logit, one warp.
DEVICE int greedy(const Shared& s, const Row& row, int blocks, u32 highest) {
  int lane = threadIdx.x % 32;
  u32 block = MAX_BLOCKS;
  for (int i = lane; i < blocks; i += 32) {
    if (s.keys[i] == highest) block = min(block, i);
  }
  block = __reduce_min_sync(FULL_WARP, block);
  float v[8];
  load_block(row, block, lane, v);
  u32 id = KEY_NAN;
#pragma unroll
  for (int j = 0; j < 8; j++) {
    if (key_of(v[j]) == highest) id = min(id, (u32)id_of(block, lane, j));
  }
  return __reduce_min_sync(FULL_WARP, id);
}

// Narrows a row down and weighs its blocks; block_sum is this thread's block's, of pass 1.
DEVICE void narrow(Shared& s, const Row& row, Cut& cut, float block_sum) {
  const Choice* choice = row.choice;
  u32 key = threadIdx.x < cut.blocks ? s.keys[threadIdx.x] : 0;
  float relative = key > KEY_NONE ? block_sum * weight(cut, value_of(key)) : 0;
  bool top_k = choice->top_k > 0 && choice->top_k < row.vocab;
  bool top_p = choice->top_p < 1;
  // What lies 36 nats below the largest has no weight: the sums of pass 1 are those of what is kept.
  bool all = choice->drop >= 36.0 * choice->temperature && !top_k;
  if (all && !top_p) {
    if (threadIdx.x < cut.blocks) {
      s.weights[threadIdx.x] = (u64)(relative * 1099511627776.0f);
      s.ties[threadIdx.x] = 0;
    }
    return;
  }
  u64 target = 0;  // of top-p; 0 if the share of what top-k or min-p leaves has still to be found
  if (top_p && all) {
    u64 total;
    block_prefix(s, (u64)(relative * 1073741760.0f), &total);
    target = share_of(choice->top_p, total);
    // All that are lighter than this weigh less together than what top-p leaves out.
    float lightest = 0.5f * (1 - (float)choice->top_p) * (float)total / 1073741760.0f / row.vocab;
    cut.floor = fmaxf(cut.floor, cut.max + __log2f(lightest) / cut.scale);
  }
  if (top_k || top_p) {
    u64 needed = top_k ? choice->top_k : target;
    if (needed > 0) floor_from_blocks(s, cut, !top_k, needed);
    collect(s, row, cut);
    if (top_k) raise_floor(s, row, cut, false, needed, 0);
    if (top_p) raise_floor(s, row, cut, true, target, target > 0 ? 0 : choice->top_p);
  }
  weigh_blocks(s, row, cut);
}

// tokens [choices]: ids, or -1 for NaN, -2 for infinity, -3 if none is allowed.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    sample_choose(const Choice* choices, const int* count, const float* logits, int vocab,
                  const u32* masks, u32* seen, int* counts, const u32* block_keys,
                  const float* block_sums, int* tokens) {
  __shared__ Shared s;
  wait_for_earlier_kernels();
  let_later_kernels_start();
  bool idle = blockIdx.x >= *count;
  const Choice* choice = choices + blockIdx.x;
  Row row = row_of(choice, logits, vocab, masks, seen, counts);
  int blocks = (vocab + BLOCK_IDS - 1) / BLOCK_IDS;
  u32 highest = 0;
  float block_sum = 0;
  if (threadIdx.x < blocks) {
    highest = block_keys[(u64)blockIdx.x * blocks + threadIdx.x];
    block_sum = block_sums[(u64)blockIdx.x * blocks + threadIdx.x];
    s.keys[threadIdx.x] = highest;
  }
  if (idle) return;
  highest = __reduce_max_sync(FULL_WARP, highest);
  if (threadIdx.x % 32 == 0) s.warp_keys[threadIdx.x / 32] = highest;
  __syncthreads();
#pragma unroll
  for (int i = 0; i < WARPS; i++) highest = max(highest, s.warp_keys[i]);

  int token;
  if (highest >= KEY_INFINITY) {
    token = highest == KEY_INFINITY ? -2 : -1;
  } else if (highest <= KEY_NONE) {
    token = -3;
  } else if (choice->temperature == 0) {
    if (threadIdx.x >= 32) return;
    token = greedy(s, row, blocks, highest);
  } else {
    Cut cut;
    cut.max = value_of(highest);
    cut.floor = (float)__dadd_rn((double)cut.max, -choice->drop);
    cut.scale = scale_of(choice->temperature);
    cut.least = 0;
    cut.blocks = blocks;
    cut.tie_budget = ALL_TIES;
    cut.listed = false;
    cut.count = 0;
    narrow(s, row, cut, block_sum);
    token = draw(s, row, cut);
  }
  if (threadIdx.x == 0) {
    tokens[blockIdx.x] = token;
    if (token >= 0 && choice->slot >= 0) add_to_slot(choice, vocab, token, seen, counts);
  }
}
