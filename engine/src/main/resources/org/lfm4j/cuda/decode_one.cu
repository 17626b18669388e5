// One token of one sequence through the whole model, in one kernel: 128 blocks stay resident and
// hand each other activations through L2 (decode_one_exchange.cuh) while a thread of each keeps 48 KB
// of weights in flight (decode_one_ring.cuh). For Hopper with at least 128 multiprocessors.
//
// Model: HIDDEN 2,048, 32 query heads, 8 key heads, 0, 32 or 64 experts of which 4 are taken; see
// decode_one_shape.cuh for the defines. Any other shape takes the plain kernels.
//
// Launch: grid 128, block 544, 232,448 bytes of dynamic shared memory, one argument, `DecodeOne`. All
// blocks must be resident at once, so nothing that waits for this kernel may hold a multiprocessor.
//
// Tensor maps (BF16, 128-byte swizzle, no interleave, zero fill, 256-byte L2 promotion):
//   rows [R, K]          dims {64, R, K/64}, strides {2K, 128}, box {64, 16, 8}
//   w1 and w3 [2][R][K]  dims {64, 8, 2, K/64, R/8}, strides {2K, 2RK, 128, 16K}, box {64, 8, 2, 8, 1}
//   pool                 dims {64, bytes/128}, strides {128}, box {64, 64}
// Order: for each layer in (conv [3H,H] or qkv), out, w13 (R = F, or E * M), w2 ([H,F] or [E*H,M]);
// then the head, then the pool. K beyond a row's end is filled with zeros and read from nowhere.
//
// Epochs: words are valid for one layer of one launch; the kernel reads where its epochs begin from
// `epoch` and leaves there where the next launch's begin, so a graph can replay it with the same
// argument. Every word is written in every launch, so epochs may wrap around. Launches of one
// `exchange` must not overlap.
#include "decode_one_attention.cuh"
#include "decode_one_router.cuh"

DEVICE bool is_attention(int layer) { return (u64)(ATTENTION_LAYERS) >> layer & 1; }
DEVICE bool is_dense(int layer) { return EXPERTS == 0 || layer < DENSE_LAYERS; }

// ---- the warp that requests everything ----

// What is requested one after the other: jobs of a layer, each some tiles of one matrix.
struct Job {
  const TensorMap* map;
  int tiles, slots;
};

// Job `j` of a layer: mixer in, pages, mixer out, up, down. Pages have no map of their own.
DEVICE Job job_of(int j, int layer, const TensorMap* maps, int block, int pages) {
  bool attention = is_attention(layer), dense = is_dense(layer);
  switch (j) {
    case 0: return Job{maps, attention ? qkv_tiles(block) : 3, HIDDEN_SLOTS};
    case 1: return Job{maps, attention ? pages : 0, 1};
    case 2: return Job{maps + 1, 1, HIDDEN_SLOTS};
    case 3: return Job{maps + 2, dealt(dense ? DENSE_UNITS : TOP * EXPERT_UNITS, block), HIDDEN_SLOTS};
    default: return dense ? Job{maps + 3, 1, DENSE_SLOTS} : Job{maps + 3, TOP, EXPERT_SLOTS};
  }
}

// First row of a tile of a job, or the unit of the up projection.
DEVICE int row_of(int j, int tile, int layer, int block, const int* chosen) {
  bool attention = is_attention(layer), dense = is_dense(layer);
  int own = block * 16;
  if (j == 0) return attention ? qkv_row(block, tile) : tile * HIDDEN + own;
  if (j == 2 || dense) return j == 3 ? tile * BLOCKS + block : own;
#if EXPERTS
  int unit = tile * BLOCKS + block;
  if (j == 3) return chosen[unit / EXPERT_UNITS] * EXPERT_UNITS + unit % EXPERT_UNITS;
  return chosen[tile] * HIDDEN + own;
#else
  return own;
#endif
}

DEVICE void request_token(const Place& at, const DecodeOne& p) {
  Requests ring(at);
  const TensorMap* maps = p.maps;
  const TensorMap* pool = p.maps + 4 * LAYERS + 1;
  const int* chosen = (const int*)(at.memory + CHOSEN);
  const int* pages = (const int*)(at.memory + PAGES);
  int pageRows = p.pageBytes / 128, c = at.block;
  int keys = key_head(c) * 64, routed = 0, mine = 0;
#pragma unroll 1
  for (int layer = 0; layer < LAYERS; layer++, maps += 4) {
    if (at.lane == 0 && layer + 1 < LAYERS)
      for (int i = 4; i < 8; i++) prefetch_map(maps + i);
#pragma unroll 1
    for (int j = 0; j < 5; j++) {
      if (j == 1 && layer == 0) {  // what earlier kernels wrote: position and pages
        wait_for_earlier_kernels();
        int filled = (*p.position + 63) / 64;
        Share share = share_of(c, filled);
        mine = share.pages(filled);
        for (int i = at.lane; i < mine; i += 32)
          ((int*)(at.memory + PAGES))[i] = p.pageTable[share.first + i * share.step];
        __syncwarp();
      }
      if (at.lane != 0) continue;
      if (j == 3 && !is_dense(layer)) barrier_wait(chosen_barrier(at.shared), routed++ & 1);
      Job job = job_of(j, layer, maps, c, mine);
#pragma unroll 1
      for (int tile = 0; tile < job.tiles; tile++) {
        int row = j == 1 ? pages[tile] * pageRows + keys : row_of(j, tile, layer, c, chosen);
#pragma unroll 1
        for (int i = 0; i < job.slots; i++) {
          int s = ring.next_slot();
          if (j == 1) ring.page(s, pool, row, row + KV_HEADS * 64);
          else if (j == 3) ring.unit(s, job.map, row, i);
          else ring.rows(s, job.map, row, i);
        }
      }
      if (j == 1 && is_attention(layer)) keys += 2 * KV_HEADS * 64;
    }
  }
  if (at.lane != 0) return;
#pragma unroll 1
  for (int i = 0; i < dealt(VOCABULARY / 16, c) * HIDDEN_SLOTS; i++) {
    int s = ring.next_slot();
    ring.rows(s, maps, (i / HIDDEN_SLOTS * BLOCKS + c) * 16, i % HIDDEN_SLOTS);
  }
}

// ---- the ends of stages ----

// A warp: begins to copy the taps and the state of the block's 16 channels; the state is that of the
// token before, or zero at position 0.
DEVICE void copy_convolution(const Place& at, const u8* taps, const bf16* state, bool begun) {
  int i = at.lane;
  if (i < 6) copy_async_16(at.shared + CONV_TAPS + i * 16, taps + at.block * 96 + i * 16, true);
  if (i >= 8 && i < 12) {
    int row = (i - 8) / 2, half = i % 2;
    const bf16* from = state + row * HIDDEN + at.block * 16 + half * 8;
    copy_async_16(at.shared + CONV_STATE + row * 32 + half * 16, from, begun);
  }
}

// A warp: the convolution of the block's 16 channels; the new state goes to the token's page.
DEVICE void send_convolution(const Place& at, u64* exchange, bf16* state, u32 epoch) {
  int row = at.lane & 15, channel = at.block * 16 + row;
  const bf16* taps = (const bf16*)(at.memory + CONV_TAPS) + row * 3;
  const bf16* before = (const bf16*)(at.memory + CONV_STATE) + row;
  float b = round_bf16(sum_tile(at, 0, row)), c = round_bf16(sum_tile(at, 1, row));
  float x = round_bf16(sum_tile(at, 2, row)), u = round_bf16(b * x);
  float mixed = round_bf16(from_bf16(taps[0]) * from_bf16(before[0]) +
                           from_bf16(taps[1]) * from_bf16(before[16]) + from_bf16(taps[2]) * u);
  send_rows(exchange + MIXED, channel >> 1, c * mixed, at.lane < 16, epoch);
  if (at.lane < 16) state[channel] = before[16], state[HIDDEN + channel] = to_bf16(u);
}

// A warp: the block's one or two tiles of 16 rows, into the heads of its group.
DEVICE void send_qkv(const Place& at, u64* exchange, u32 epoch) {
  int tile = at.lane >> 4, row = at.lane & 15, split = at.block % SPLITS;
  float value = sum_tile(at, tile, row);
  int word = tile == 0 ? split * 8 : (4 + split / 4) * 32 + split % 4 * 8;
  send_rows(exchange + QKV + key_head(at.block) * 6 * 32, word + (row >> 1), value,
            tile < qkv_tiles(at.block), epoch);
}

// Eight rows of silu(w1 a) * (w3 a) of each of the block's units.
DEVICE void send_gated(const Place& at, u64* exchange, int units, u32 epoch) {
  int mine = dealt(units, at.block), i = at.thread >> 3, row = at.thread & 7;
  if (at.warp * 4 >= mine) return;
  bool exists = i < mine;
  if (!exists) i = 0;
  float gate = round_bf16(sum_tile(at, i, row)), up = round_bf16(sum_tile(at, i, row + 8));
  float open = round_bf16(gate * quick_sigmoid(gate));
  send_rows(exchange + GATED, (i * BLOCKS + at.block) * 4 + (row >> 1), open * up, exists, epoch);
}

// A warp: adds to the residual stream, whose channel lane % 16 is in `residual`.
DEVICE void send_residual(const Place& at, u64* words, float delta, float& residual, u32 epoch) {
  residual = round_bf16(residual + round_bf16(delta));
  send_rows(words, at.block * 8 + ((at.lane & 15) >> 1), residual, at.lane < 16, epoch);
}

// ---- the stages: each receives its input, multiplies, and sends ----

// What a thread carries through the token.
struct Token {
  int position, filled;   // pages of earlier keys
  int page, earlierPage;  // of the token and of the one before it, which may be the same
  int layer, convLayer, attentionLayer;
  u32 base;               // the launch's epochs begin after it
  const u8* vectors;      // of the layer
  float residual;         // warp 0: of channel 16 block + lane % 16

  DEVICE u32 epoch() const { return base + layer + 1; }
};

DEVICE bf16* conv_state(const DecodeOne& p, int page, int convLayer) {
  return (bf16*)(p.pool + (u64)page * p.pageBytes + p.stateOffset) + convLayer * 2 * HIDDEN;
}

// Receives the residual stream, and norms it.
DEVICE Product begin_mixer(const Place& at, const DecodeOne& p, const Token& token) {
  const bool attention = is_attention(token.layer);
  if (!attention && at.warp == 0)
    copy_convolution(at, token.vectors + TAPS, conv_state(p, token.earlierPage, token.convLayer),
                     token.position > 0);
  copy_async_commit();
  u32 value[2];
  if (token.layer == 0) {
    uint2 words = ((const uint2*)(p.embedding + (u64)*p.token * HIDDEN))[at.thread];
    value[0] = words.x, value[1] = words.y;
  } else {
    pause(p.pauses.stream);
    receive_pairs<1>(p.exchange + STREAM, 2 * at.thread, STREAM_WORDS, token.epoch() - 1, value);
  }
  copy_async_wait<1>();
  norm_input(at, value, p.eps);
  copy_norm(at, token.vectors + FFN_NORM);
#if EXPERTS
  if (!is_dense(token.layer)) copy_router(at, token.vectors);
#endif
  copy_async_commit();
  return of_hidden(attention ? qkv_tiles(at.block) : 3);
}

DEVICE void attend(const Place& at, const DecodeOne& p, Slots& slots, const Token& token) {
  const int filled = token.filled;
  const u32 epoch = token.epoch();
  const Share share = share_of(at.block, filled);
  bool own = unit_of_split(at.block % SPLITS) == filled % SPLITS;
  receive_heads(at, p, token.vectors, token.attentionLayer,
                own ? p.pool + (u64)token.page * p.pageBytes : nullptr, token.position, epoch);
  sync_consumers();
  int pages = share.pages(filled);
  if (at.warp <= OWNERS) {
    u32 q[8];
    Found found = nothing_found();
    load_queries(at, q);
    slots.run(at, pages, [&](int index, u32 slot) {
      int unit = share.first + index * share.step;
      attend_page(at, slot, min(64, token.position - 64 * unit), q, found);
    });
    if (at.warp < OWNERS) leave_found(at, at.warp, found);
    else attend_own(at, OWNERS, own || share.direct);
  } else {
    slots.run(at, pages, [](int, u32) {});
  }
  sync_consumers();
  if (share.direct) send_no_split(at, p.exchange, epoch);
  else send_split(at, p.exchange, epoch);
  if (at.warp == 0) {
    float value;
    if (share.direct) {
      float most, sum, total;
      merge_parts(at, own_channel(at), most, sum, total);
      value = __fdividef(total, sum);
    } else {
      value = merge_splits(at, p, min(SPLITS, filled + 1), epoch);
    }
    send_rows(p.exchange + MIXED, at.block * 8 + ((at.lane & 15) >> 1), value, at.lane < 16, epoch);
  }
}

DEVICE void end_mixer(const Place& at, const DecodeOne& p, Slots& slots, Token& token) {
  if (is_attention(token.layer)) {
    if (at.warp == 0) send_qkv(at, p.exchange, token.epoch());
    attend(at, p, slots, token);
    token.attentionLayer++;
  } else {
    if (at.warp == 0)
      send_convolution(at, p.exchange, conv_state(p, token.page, token.convLayer), token.epoch());
    token.convLayer++;
  }
}

DEVICE Product begin_out(const Place& at, const DecodeOne& p, const Token& token) {
  pause(p.pauses.mixed);
  u32 value[2];
  receive_pairs<1>(p.exchange + MIXED, 2 * at.thread, STREAM_WORDS, token.epoch(), value);
  put_input(at, 2 * at.thread, value[0]);
  put_input(at, 2 * at.thread + 1, value[1]);
  return of_hidden(1);
}
DEVICE void end_out(const Place& at, const DecodeOne& p, Token& token) {
  if (at.warp == 0)
    send_residual(at, p.exchange + MIDDLE, sum_tile(at, 0, at.lane & 15), token.residual, token.epoch());
}

DEVICE int up_units(int layer) { return is_dense(layer) ? DENSE_UNITS : TOP * EXPERT_UNITS; }

DEVICE Product begin_up(const Place& at, const DecodeOne& p, const Token& token) {
  u32 value[2];
  pause(p.pauses.middle);
  receive_pairs<1>(p.exchange + MIDDLE, 2 * at.thread, STREAM_WORDS, token.epoch(), value);
  copy_async_wait<0>();
  norm_input(at, value, p.eps);
#if EXPERTS
  if (!is_dense(token.layer)) add_logit(at, value);
#endif
  copy_norm(at, token.vectors + LAYER_VECTORS);  // the next layer's, or the last norm
  copy_async_commit();
  return of_hidden(dealt(up_units(token.layer), at.block));
}

DEVICE Product begin_down(const Place& at, const DecodeOne& p, const Token& token) {
  pause(p.pauses.gated);
  const bool dense = is_dense(token.layer);
  receive_gated(at, p.exchange + GATED, dense, token.epoch());
  int count = dense ? DENSE_SLOTS : TOP * EXPERT_SLOTS;
  return Product{count, count};
}
DEVICE void end_down(const Place& at, const DecodeOne& p, Token& token) {
  if (at.warp != 0) return;
  float delta = 0.0f;
  if (is_dense(token.layer)) {
    delta = sum_slots(at, 0, DENSE_SLOTS, at.lane & 15);
  } else {
#if EXPERTS
    const float* weight = (const float*)(at.memory + CHOSEN) + TOP;
#pragma unroll
    for (int i = 0; i < TOP; i++)
      delta += weight[i] * round_bf16(sum_slots(at, i * EXPERT_SLOTS, EXPERT_SLOTS, at.lane & 15));
#endif
  }
  send_residual(at, p.exchange + STREAM, delta, token.residual, token.epoch());
}

DEVICE void multiply(const Place& at, Slots& slots, Product product) {
  slots.run(at, product.slots, [&](int index, u32 slot) {
    multiply_slot(at, slot, index, (product.row == HIDDEN_SLOTS ? index % HIDDEN_SLOTS : index) * SLOT_K);
  });
}

// The head, in rounds of as many tiles as there is room for sums.
DEVICE void compute_logits(const Place& at, const DecodeOne& p, Slots& slots, const Token& token) {
  constexpr int ROUND = MOST_SUMS / HIDDEN_SLOTS;
  u32 value[2];
  pause(p.pauses.stream);
  receive_pairs<1>(p.exchange + STREAM, 2 * at.thread, STREAM_WORDS, token.base + LAYERS, value);
  copy_async_wait<0>();
  norm_input(at, value, p.eps);
  sync_consumers();
  const int tiles = dealt(VOCABULARY / 16, at.block);
#pragma unroll 1
  for (int first = 0; first < tiles; first += ROUND) {
    int here = min(ROUND, tiles - first), tile = at.thread >> 4, row = at.thread & 15;
    multiply(at, slots, of_hidden(here));
    sync_consumers();
    if (tile < here)
      p.logits[((first + tile) * BLOCKS + at.block) * 16 + row] = sum_tile(at, tile, row);
    sync_consumers();
  }
}

DEVICE void compute_token(const Place& at, const DecodeOne& p) {
  wait_for_earlier_kernels();
  Slots slots(at.warp);
  Token token = {};
  token.base = *(volatile u32*)p.epoch;
  token.position = *p.position;
  token.filled = (token.position + 63) / 64;
  token.page = p.pageTable[token.position / 64];
  token.earlierPage = p.pageTable[max(token.position - 1, 0) / 64];
  token.vectors = p.vectors;
  token.residual = from_bf16(p.embedding[(u64)*p.token * HIDDEN + at.block * 16 + (at.lane & 15)]);
  if (at.warp == 15) put_rotation(at, token.position, p.frequency);
  copy_norm(at, token.vectors + OPERATOR_NORM);
  copy_async_commit();
#pragma unroll 1
  for (token.layer = 0; token.layer < LAYERS; token.layer++, token.vectors += LAYER_VECTORS) {
    // Straight on, without a loop over stages: jumps cost more than a copy of the product's code.
    Product product = begin_mixer(at, p, token);
    sync_consumers();
    multiply(at, slots, product);
    copy_async_wait<1>();  // the convolution's taps and state
    sync_consumers();
    end_mixer(at, p, slots, token);

    product = begin_out(at, p, token);
    sync_consumers();
    multiply(at, slots, product);
    sync_consumers();
    end_out(at, p, token);

    product = begin_up(at, p, token);
    sync_consumers();
#if EXPERTS
    if (!is_dense(token.layer) && at.warp == 0) {
      if (at.lane == 0) send_logit(at, p.exchange, token.epoch());
      choose(at, p, token.epoch());
    }
#endif
    multiply(at, slots, product);
    sync_consumers();
    send_gated(at, p.exchange, up_units(token.layer), token.epoch());

    product = begin_down(at, p, token);
    sync_consumers();
    multiply(at, slots, product);
    sync_consumers();
    end_down(at, p, token);
  }
  let_later_kernels_start();
  compute_logits(at, p, slots, token);
  if (at.block == 0 && at.thread == 0) *p.epoch = token.base + LAYERS;
}

extern "C" __global__ void __launch_bounds__(THREADS, 1)
    decode_one(const __grid_constant__ DecodeOne p) {
  extern __shared__ __align__(1024) u8 memory[];
  Place at{memory, shared_address(memory), (int)blockIdx.x, (int)threadIdx.x, (int)threadIdx.x >> 5,
           (int)threadIdx.x & 31};
  init_ring(at);
  if (at.warp == CONSUMERS / 32) request_token(at, p);
  else compute_token(at, p);
}
