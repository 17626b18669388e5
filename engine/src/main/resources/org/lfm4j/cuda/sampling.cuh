// What the kernels that choose tokens share: the description of a choice, and rows of logits read in
// blocks of 256 ids, a warp each, with mask and penalties applied on the way.
#pragma once
#include "common.cuh"

// Ids of a block; largest logit and weight of every block are known to later kernels, so that they
// read only the blocks that matter.
#define BLOCK_IDS 256
#define MAX_BLOCKS 512  // vocabularies up to 131,072: sums of weights stay below 2^32 a half

// One choice, as org.lfm4j.runner.ChoiceParams and Choices describe it; 80 bytes, as the host writes
// them.
struct Choice {
  double uniform;     // [0, 1)
  double drop;        // logits below max - drop can't be chosen
  double repetition;  // 1 is none
  double frequency;
  double presence;
  double top_p;       // 1 keeps all
  float temperature;  // 0 is greedy
  int top_k;          // 0 keeps all
  int row;            // row of the logits
  int slot;           // -1 without penalties
  int mask;           // -1 allows all
  int logprobs;       // how many alternatives to report, -1 for nothing
  int unused[2];
};

// ---- floats in an order of unsigned integers: NaN above all, both zeros the same ----

#define KEY_NAN 0xffffffffu
#define KEY_INFINITY 0xff800000u
#define KEY_NONE 0x007fffffu  // negative infinity

DEVICE u32 key_of(float v) {
  if (v != v) return KEY_NAN;
  u32 bits = __float_as_uint(v + 0.0f);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
DEVICE float value_of(u32 key) {
  return __uint_as_float(key >> 31 ? key & 0x7fffffffu : ~key);
}

// ---- a row ----

struct Row {
  const float* logits;  // [vocab]
  int vocab;
  int words;            // of a bit set over the vocabulary: 2 * ceil(vocab / 64)
  const u32* mask;      // [words], or null
  const u32* seen;      // [words], or null: which tokens the sequence holds
  const int* counts;    // [vocab]: how often the output holds them, right where seen; null if that
                        // doesn't matter
  const Choice* choice;
};

DEVICE int bit_set_words(int vocab) { return (vocab + 63) / 64 * 2; }

// The row as the model gave it.
DEVICE Row raw_row(const Choice* choice, const float* logits, int vocab) {
  Row row;
  row.logits = logits + (u64)choice->row * vocab;
  row.vocab = vocab;
  row.words = bit_set_words(vocab);
  row.mask = nullptr;
  row.seen = nullptr;
  row.counts = nullptr;
  row.choice = choice;
  return row;
}

// The row with what the choice forbids and penalizes.
DEVICE Row row_of(const Choice* choice, const float* logits, int vocab, const u32* masks,
                  const u32* seen, const int* counts) {
  Row row = raw_row(choice, logits, vocab);
  if (choice->mask >= 0) row.mask = masks + (u64)choice->mask * row.words;
  if (choice->slot >= 0) {
    row.seen = seen + (u64)choice->slot * row.words;
    bool counted = (choice->frequency != 0) | (choice->presence != 0);
    row.counts = counted ? counts + (u64)choice->slot * vocab : nullptr;
  }
  return row;
}

// Value j of a lane is that of this id: four in the first half of the block, four in the second.
DEVICE int id_of(int block, int lane, int j) {
  return block * BLOCK_IDS + (j >> 2) * (BLOCK_IDS / 2) + lane * 4 + (j & 3);
}

// In double precision and without fused products, so that it is the host's result to the bit. Not
// inlined: few tokens are seen, and a division is long.
static __device__ __noinline__ float penalized(float logit, const Choice* choice, int times) {
  double v = logit;
  v = v < 0 ? __dmul_rn(v, choice->repetition) : __ddiv_rn(v, choice->repetition);
  if (times > 0) {
    double minus = __dadd_rn(__dmul_rn(choice->frequency, (double)times), choice->presence);
    v = __dadd_rn(v, -minus);
  }
  return (float)v;
}

// Ids beyond the vocabulary have negative infinity.
DEVICE void load_raw(const Row& row, int block, int lane, float (&v)[8]) {
#pragma unroll
  for (int half = 0; half < 2; half++) {
    int id = id_of(block, lane, 4 * half);
    if ((row.vocab & 3) == 0 && id + 3 < row.vocab) {
      float4 four = *(const float4*)(row.logits + id);
      v[4 * half] = four.x;
      v[4 * half + 1] = four.y;
      v[4 * half + 2] = four.z;
      v[4 * half + 3] = four.w;
    } else {
#pragma unroll
      for (int j = 0; j < 4; j++) {
        v[4 * half + j] = id + j < row.vocab ? row.logits[id + j] : -__int_as_float(0x7f800000);
      }
    }
  }
}

// The bits of a lane's eight ids.
DEVICE u32 eight_bits(const u32* set, int words, int block, int lane) {
  int word = block * (BLOCK_IDS / 32) + lane / 8;
  u32 first = word < words ? set[word] : 0u;
  u32 second = word + BLOCK_IDS / 64 < words ? set[word + BLOCK_IDS / 64] : 0u;
  int shift = lane % 8 * 4;
  return (first >> shift & 15u) | (second >> shift & 15u) << 4;
}

DEVICE void mask_and_penalize(const Row& row, int block, int lane, float (&v)[8]) {
  if (row.mask) {
    u32 allowed = eight_bits(row.mask, row.words, block, lane);
#pragma unroll
    for (int j = 0; j < 8; j++) {
      if (!(allowed >> j & 1)) v[j] = -__int_as_float(0x7f800000);
    }
  }
  if (row.seen) {
    // One at a time, which keeps the code short: most lanes have none.
    for (u32 seen = eight_bits(row.seen, row.words, block, lane); seen; seen &= seen - 1) {
      int at = __ffs(seen) - 1;
      float logit = v[0];
#pragma unroll
      for (int j = 1; j < 8; j++) logit = at == j ? v[j] : logit;
      int times = row.counts ? row.counts[id_of(block, lane, at)] : 0;
      logit = penalized(logit, row.choice, times);
#pragma unroll
      for (int j = 0; j < 8; j++) v[j] = at == j ? logit : v[j];
    }
  }
}

DEVICE void load_block(const Row& row, int block, int lane, float (&v)[8]) {
  load_raw(row, block, lane, v);
  mask_and_penalize(row, block, lane, v);
}

// The largest of a block, as a key.
DEVICE u32 largest_key(const float (&v)[8]) {
  u32 key = 0;
#pragma unroll
  for (int j = 0; j < 8; j++) key = max(key, key_of(v[j]));
  return __reduce_max_sync(FULL_WARP, key);
}

// Sum of 2^(scale * (v - largest)) over a block; 0 if it has no finite value to choose.
DEVICE float weight_below(const float (&v)[8], u32 largest, float scale) {
  if (largest <= KEY_NONE || largest >= KEY_INFINITY) return 0;
  float max = value_of(largest);
  float sum = 0;
#pragma unroll
  for (int j = 0; j < 8; j++) sum += exp2f((v[j] - max) * scale);
  return warp_sum(sum);
}

// 1 / temperature for powers of two; bounded, so that 0 times it is 0.
DEVICE float scale_of(float temperature) { return fminf(1.4426950408889634f / temperature, 1e30f); }
