// The shape of the model that decode_one is compiled for, what follows from it, and its arguments.
//
// Defines (DecodeOneShape.java): HIDDEN, HEADS, KV_HEADS, DENSE_WIDTH, EXPERTS, EXPERT_WIDTH (0, 0 without
// experts), VOCABULARY, LAYERS, ATTENTION_LAYERS (bit l set: layer l is attention, else
// convolution), DENSE_LAYERS (the first layers; the others have experts).
#pragma once
#include "hopper.cuh"

// ---- the grid: a block owns 16 of the hidden channels ----
constexpr int BLOCKS = 128;
constexpr int OWNERS = 12;          // warps that each own a slot of the ring
constexpr int CONSUMERS = 512;      // threads that compute; one more warp requests copies
constexpr int THREADS = CONSUMERS + 32;
static_assert(HIDDEN == 16 * BLOCKS && HEADS == 32 && KV_HEADS == 8, "decode_one: unknown shape");
static_assert(EXPERTS == 0 || EXPERTS == 32 || EXPERTS == 64, "decode_one: unknown experts");
static_assert(EXPERT_WIDTH % 64 == 0 && DENSE_WIDTH % 64 == 0 && VOCABULARY % 16 == 0, "");
static_assert(LAYERS <= 64, "");

// ---- a slot: 16 rows x 512 of K, or the keys and values of a page of one head ----
constexpr int SLOT_BYTES = 16384;
constexpr int SLOT_K = 512;
constexpr int IN_FLIGHT = 3;        // copies requested and not landed, at most
constexpr int DIRECT_PAGES = 4;     // contexts of at most so many pages aren't split
constexpr int slots_of(int k) { return (k + SLOT_K - 1) / SLOT_K; }
constexpr int HIDDEN_SLOTS = slots_of(HIDDEN);
constexpr int DENSE_SLOTS = slots_of(DENSE_WIDTH);
constexpr int EXPERT_SLOTS = slots_of(EXPERT_WIDTH);

// A unit of the up projection: 8 rows of w1 and the 8 of w3 beside them.
constexpr int TOP = 4;
constexpr int DENSE_UNITS = DENSE_WIDTH / 8;
constexpr int EXPERT_UNITS = EXPERT_WIDTH / 8;
constexpr int LOGIT_PARTS = EXPERTS ? BLOCKS / EXPERTS : 1;  // blocks that share an expert's logit

// How many of `total` things, dealt out in turn, a block gets.
constexpr DEVICE int dealt(int total, int block) { return (total - block + BLOCKS - 1) / BLOCKS; }

// ---- the small vectors of a layer, packed by the host (DecodeOneMemory.java); byte offsets ----
constexpr int OPERATOR_NORM = 0;                     // bf16 [HIDDEN]
constexpr int FFN_NORM = 2 * HIDDEN;                 // bf16 [HIDDEN]
constexpr int TAPS = 4 * HIDDEN;                     // bf16 [HIDDEN, 3], convolution
constexpr int HEAD_NORMS = TAPS;                     // bf16 [2, 64] for queries and keys, attention
constexpr int EXPERT_BIAS = 10 * HIDDEN;             // float [EXPERTS]
constexpr int GATE = EXPERT_BIAS + 256;              // bf16 [EXPERTS, HIDDEN]
constexpr int LAYER_VECTORS = GATE + EXPERTS * HIDDEN * 2;  // the last norm follows the last layer

// ---- exchanged words: 32 bits of value below 32 bits of epoch ----
constexpr int max_of(int a, int b) { return a > b ? a : b; }
constexpr int SPLITS = BLOCKS / KV_HEADS;            // blocks that share a key head
constexpr int STREAM_WORDS = HIDDEN / 2;
constexpr int GATED_WORDS = max_of(DENSE_LAYERS ? DENSE_WIDTH / 2 : 0, TOP * EXPERT_WIDTH / 2);
constexpr int MIXED = 0;                             // mixer's output, before its out projection
constexpr int MIDDLE = MIXED + STREAM_WORDS;         // residual stream between mixer and FFN
constexpr int STREAM = MIDDLE + STREAM_WORDS;        // residual stream after a layer
constexpr int QKV = STREAM + STREAM_WORDS;           // [KV_HEADS][6][32]: 4 q heads, k, v
constexpr int LOGITS = QKV + KV_HEADS * 6 * 32;      // FP32 parts of the router's logits
constexpr int GATED = LOGITS + BLOCKS;               // silu(w1 a) * (w3 a)
constexpr int PART_OUT = GATED + GATED_WORDS;        // FP32 [BLOCKS][4][64] attention of a split
constexpr int PART_SUM = PART_OUT + BLOCKS * 256;    // FP32 [BLOCKS][4] log2 of its sum of exp
static_assert(PART_SUM + BLOCKS * 4 <= 48 * 1024, "decode_one: more words than the host allocates");

// ---- shared memory; the dynamic part begins at a multiple of 1,024 ----
constexpr int INPUT = OWNERS * SLOT_BYTES;           // bf16 activations in B fragment order
constexpr int ATTENTION_PARTS = INPUT + 4096;        // float [13][4][64], [13][4][2]
constexpr int ATTENTION_PARTS_BYTES = 13 * 4 * 66 * 4;
constexpr int GATE_WEIGHTS = ATTENTION_PARTS + ATTENTION_PARTS_BYTES;  // bf16 [2048 / LOGIT_PARTS]
constexpr int INPUT_BYTES = max_of(GATE_WEIGHTS - INPUT + 2 * HIDDEN / LOGIT_PARTS,
                                   1024 * max_of(DENSE_SLOTS, TOP * EXPERT_SLOTS));
constexpr int MOST_SUMS = 64;                        // slots of a stage; the head takes rounds
constexpr int SUMS = (INPUT + INPUT_BYTES + 15) / 16 * 16;  // float [MOST_SUMS][16]
constexpr int NORM_WEIGHTS = SUMS + MOST_SUMS * 64;  // bf16 [HIDDEN] of the next norm
constexpr int CONV_TAPS = NORM_WEIGHTS + 2 * HIDDEN;  // bf16 [16][3]
constexpr int CONV_STATE = CONV_TAPS + 96;           // bf16 [2][16]
constexpr int BIAS = CONV_STATE + 64;                // float [64]
constexpr int SMALL_SUMS = BIAS + 256;               // float [16] of the norm, [16] of the router
constexpr int CHOSEN = SMALL_SUMS + 128;             // int [4]; float [4]: their weights
constexpr int HEAD_ROWS = CHOSEN + 32;               // bf16 [6][64]: 4 q heads, k, v
constexpr int ROTATION = HEAD_ROWS + 768;            // float [32][2]: cosine and sine
constexpr int MOST_PAGES = 128;                      // of a split: contexts up to 131,072
constexpr int PAGES = ROTATION + 256;                // int [MOST_PAGES]
constexpr int BARRIERS = PAGES + MOST_PAGES * 4;     // full [12], empty [12], chosen
constexpr int SHARED_BYTES = BARRIERS + (2 * OWNERS + 1) * 8;
static_assert(SHARED_BYTES <= 232448, "decode_one: too much shared memory");
static_assert(4 * dealt(DENSE_UNITS, 0) <= MOST_SUMS && DENSE_SLOTS <= MOST_SUMS, "");
static_assert(4 * dealt(TOP * EXPERT_UNITS, 0) <= MOST_SUMS && TOP * EXPERT_SLOTS <= MOST_SUMS, "");

// Clocks to wait before the first look at words that can't be there yet: looking slows the stores.
struct Pauses {
  u32 stream, qkv, parts, mixed, middle, logits, gated;
};

// The kernel's one argument; DecodeOne.java writes it.
struct DecodeOne {
  const TensorMap* maps;   // [4 LAYERS + 2]: mixer in, mixer out, up, down of each layer; head; pool
  const u8* vectors;       // [LAYERS][LAYER_VECTORS], then bf16 [HIDDEN] the last norm
  const bf16* embedding;   // [VOCABULARY, HIDDEN]
  const float* frequency;  // [32] of the rotary embedding
  u8* pool;                // pages; see cuda.md
  u64 pageBytes;           // multiple of 128
  u64 stateOffset;         // of the convolution states in a page
  const int* token;        // [1]
  const int* position;     // [1]
  const int* pageTable;    // pages of the sequence
  float* logits;           // [VOCABULARY]
  u64* exchange;           // [48 * 1024], zeroed once
  u32* epoch;              // [1], zeroed once
  float eps;
  float expertScale;
  int normExperts;         // whether the experts' weights are divided by their sum
  Pauses pauses;
};

// What a thread is, and its shared memory.
struct Place {
  u8* memory;
  u32 shared;
  int block, thread, warp, lane;
};
