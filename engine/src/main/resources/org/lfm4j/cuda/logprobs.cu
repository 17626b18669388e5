// Log-probabilities of chosen tokens under the raw logits, with the places and the most likely
// alternatives, for the choices that want them; after sample_choose. Both kernels may be left out of
// a step in which no choice wants any.
//
//   logprobs_scan  <<<(ceil(blocks / 8), choices), 256>>>             blocks = ceil(vocab / 256)
//   logprobs_top   <<<choices, 256>>>
#include "sampling.cuh"

#define MOST 20

// keys, sums, higher [choices, blocks]: the largest logit of each block, its weight relative to that,
// and how many of its ids come before the chosen one.
extern "C" __global__ void __launch_bounds__(256)
    logprobs_scan(const Choice* choices, const int* count, const float* logits, int vocab,
                  const int* tokens, u32* keys, float* sums, int* higher) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  if (blockIdx.y >= *count) return;
  const Choice* choice = choices + blockIdx.y;
  int token = tokens[blockIdx.y];
  if (choice->logprobs < 0 || token < 0) return;
  Row row = raw_row(choice, logits, vocab);
  int blocks = (vocab + BLOCK_IDS - 1) / BLOCK_IDS;
  int lane = threadIdx.x % 32;
  int block = blockIdx.x * 8 + threadIdx.x / 32;
  if (block >= blocks) return;
  u32 chosen = key_of(row.logits[token]);
  float v[8];
  load_raw(row, block, lane, v);
  u32 key = largest_key(v);
  float sum = weight_below(v, key, 1.4426950408889634f);
  int before = 0;
#pragma unroll
  for (int j = 0; j < 8; j++) {
    u32 other = key_of(v[j]);
    before += other > chosen || (other == chosen && id_of(block, lane, j) < token);
  }
  before = __reduce_add_sync(FULL_WARP, before);
  if (lane == 0) {
    u64 at = (u64)blockIdx.y * blocks + block;
    keys[at] = key;
    sums[at] = sum;
    higher[at] = before;
  }
}

struct Tops {
  double total[8];
  int higher[8];
  u32 highest[8];
  u32 keys[MAX_BLOCKS];  // the largest of a block that is not yet taken
  int from[MAX_BLOCKS];  // and the lowest id that it may have
};

// Takes the most likely id that is left, one warp: of the block with the largest key, the lowest
// such block, the lowest id.
DEVICE int take(Tops& s, const Row& row, int blocks, u32* key) {
  int lane = threadIdx.x;
  u64 best = 0;
  for (int block = lane; block < blocks; block += 32) {
    best = max(best, (u64)s.keys[block] << 32 | (u32)~block);
  }
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) {
    best = max(best, __shfl_xor_sync(FULL_WARP, best, step));
  }
  *key = best >> 32;
  int block = ~(u32)best;
  int from = s.from[block];
  float v[8];
  load_raw(row, block, lane, v);
  u32 id = KEY_NAN;
#pragma unroll
  for (int j = 0; j < 8; j++) {
    u32 mine = id_of(block, lane, j);
    if (key_of(v[j]) == *key && mine >= from) id = min(id, mine);
  }
  id = __reduce_min_sync(FULL_WARP, id);
  u32 next = 0;  // the next largest, if no further id has this one
  bool again = false;
#pragma unroll
  for (int j = 0; j < 8; j++) {
    u32 other = key_of(v[j]);
    again |= other == *key && id_of(block, lane, j) > id;
    if (other < *key) next = max(next, other);
  }
  next = __reduce_max_sync(FULL_WARP, next);
  again = __any_sync(FULL_WARP, again);
  __syncwarp();
  if (lane == 0) {
    s.keys[block] = again ? *key : next;
    s.from[block] = again ? id + 1 : 0;
  }
  __syncwarp();
  return id;
}

// logprobs, ranks [choices]; top_ids, top_logprobs [choices, 20], of which as many are set as wanted.
// Where the largest logit is not finite it is the log-probability, and nothing else is set.
extern "C" __global__ void __launch_bounds__(256)
    logprobs_top(const Choice* choices, const int* count, const float* logits, int vocab,
                 const int* tokens, const u32* keys, const float* sums, const int* higher,
                 float* logprobs, int* ranks, int* top_ids, float* top_logprobs) {
  __shared__ Tops s;
  wait_for_earlier_kernels();
  let_later_kernels_start();
  if (blockIdx.x >= *count) return;
  const Choice* choice = choices + blockIdx.x;
  int token = tokens[blockIdx.x];
  if (choice->logprobs < 0 || token < 0) return;
  Row row = raw_row(choice, logits, vocab);
  int blocks = (vocab + BLOCK_IDS - 1) / BLOCK_IDS;
  int warp = threadIdx.x / 32;
  u64 first = (u64)blockIdx.x * blocks;
  u32 highest = 0;
  int before = 0;
  for (int block = threadIdx.x; block < blocks; block += 256) {
    u32 key = keys[first + block];
    s.keys[block] = key;
    s.from[block] = 0;
    highest = max(highest, key);
    before += higher[first + block];
  }
  highest = __reduce_max_sync(FULL_WARP, highest);
  before = __reduce_add_sync(FULL_WARP, before);
  if (threadIdx.x % 32 == 0) {
    s.highest[warp] = highest;
    s.higher[warp] = before;
  }
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 8; i++) highest = max(highest, s.highest[i]);
  float max = value_of(highest);
  if (highest >= KEY_INFINITY || highest <= KEY_NONE) {
    if (threadIdx.x == 0) logprobs[blockIdx.x] = max;
    return;
  }
  double total = 0;
  for (int block = threadIdx.x; block < blocks; block += 256) {
    float largest = value_of(s.keys[block]);
    if (s.keys[block] > KEY_NONE) {
      total += sums[first + block] * exp2f((largest - max) * 1.4426950408889634f);
    }
  }
#pragma unroll
  for (int step = 16; step > 0; step >>= 1) total += __shfl_xor_sync(FULL_WARP, total, step);
  if (threadIdx.x % 32 == 0) s.total[warp] = total;
  __syncthreads();
  if (threadIdx.x >= 32) return;
  total = 0;
  before = 0;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    total += s.total[i];
    before += s.higher[i];
  }
  double log_total = (double)max + (double)logf((float)total);
  if (threadIdx.x == 0) {
    logprobs[blockIdx.x] = (float)((double)row.logits[token] - log_total);
    ranks[blockIdx.x] = before + 1;
  }
  int wanted = min(choice->logprobs, min(MOST, vocab));
  for (int i = 0; i < wanted; i++) {
    u32 key;
    int id = take(s, row, blocks, &key);
    if (threadIdx.x == 0) {
      top_ids[blockIdx.x * MOST + i] = id;
      top_logprobs[blockIdx.x * MOST + i] = (float)((double)value_of(key) - log_total);
    }
  }
}
