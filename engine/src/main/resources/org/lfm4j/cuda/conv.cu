// The gated short convolution between its two projections (three taps):
//
//   u = B * x,  v[t] = taps[0] u[t-2] + taps[1] u[t-1] + taps[2] u[t],  out = C * v
//
//   mix    [T, 3 hidden]  rows B | C | x of the input projection
//   taps   [hidden, 3]    the last one for the current token
//   out    [T, hidden]
//
// The two u before a chunk are the state in the page of the position before it, or zero at position
// 0; see `Batch`. A sequence of one row writes its new state here, where the thread that read the
// old one is the thread that writes. For longer ones other blocks may still read: their states are
// written by conv_states afterwards.
#include "common.cuh"

// What the kernels need to know about the batch, as the host uploads it.
struct Sequences {
  const int* rows;        // [1]
  const int* sequence;    // [T] of each row
  const int* position;    // [T] of each row
  const int* first_row;   // [S + 1]
  const int* first_page;  // [S + 1] where a sequence's entries of the page table begin
  const int* page_table;
};

struct States {
  u8* pool;
  u64 page_bytes;
  u64 offset;  // of this layer's state [2, hidden] in a page
};

#define PAGE_TOKENS 64

DEVICE bf16* state_at(const States& states, const Sequences& s, int sequence, int position) {
  int page = s.page_table[s.first_page[sequence] + position / PAGE_TOKENS];
  return (bf16*)(states.pool + page * states.page_bytes + states.offset);
}

// Two channels of u of a row.
DEVICE float2 gated_input(const bf16* mix, int row, int channel, int hidden) {
  const bf16* at = mix + (u64)row * 3 * hidden + channel;
  u32 b = *(const u32*)at, x = *(const u32*)(at + 2 * hidden);
  return make_float2(round_bf16(low_bf16(b) * low_bf16(x)),
                     round_bf16(high_bf16(b) * high_bf16(x)));
}

DEVICE float2 unpack(u32 pair) { return make_float2(low_bf16(pair), high_bf16(pair)); }

// u at `back` rows before a row, from the chunk or from the state.
DEVICE float2 earlier_input(const bf16* mix, const States& states, const Sequences& s, int row,
                            int back, int channel, int hidden) {
  int sequence = s.sequence[row];
  if (row - back >= s.first_row[sequence]) return gated_input(mix, row - back, channel, hidden);
  int first = s.first_row[sequence], start = s.position[first];
  if (start == 0) return make_float2(0.0f, 0.0f);
  int column = 2 + (row - back - first);  // 1: the last token before the chunk; 0: the one before
  return unpack(*(const u32*)(state_at(states, s, sequence, start - 1) + column * hidden + channel));
}

// A block computes `run` consecutive rows of 2 * blockDim.x channels; grid (T / run, hidden / 2 /
// blockDim.x).
extern "C" __global__ void conv(Sequences s, States states, const bf16* mix, const bf16* taps,
                                bf16* out, int hidden, int run) {
  int channel = (blockIdx.y * blockDim.x + threadIdx.x) * 2;
  if (channel >= hidden) return;
  float tap[6];
#pragma unroll
  for (int i = 0; i < 6; i++) tap[i] = from_bf16(taps[channel * 3 + i]);
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int rows = *s.rows, from = blockIdx.x * run, to = min(rows, from + run);
  if (from >= to) return;
  float2 before2 = {}, before1 = {};
  int last_sequence = -1;
  for (int row = from; row < to; row++) {
    int sequence = s.sequence[row];
    if (sequence != last_sequence) {
      before2 = earlier_input(mix, states, s, row, 2, channel, hidden);
      before1 = earlier_input(mix, states, s, row, 1, channel, hidden);
      last_sequence = sequence;
    }
    float2 u = gated_input(mix, row, channel, hidden);
    u32 c = *(const u32*)(mix + (u64)row * 3 * hidden + hidden + channel);
    float low = tap[0] * before2.x + tap[1] * before1.x + tap[2] * u.x;
    float high = tap[3] * before2.y + tap[4] * before1.y + tap[5] * u.y;
    *(u32*)(out + (u64)row * hidden + channel) =
        pack_bf16(low_bf16(c) * round_bf16(low), high_bf16(c) * round_bf16(high));
    if (s.first_row[sequence + 1] - s.first_row[sequence] == 1) {
      bf16* state = state_at(states, s, sequence, s.position[row]);
      *(u32*)(state + channel) = pack_bf16(before1.x, before1.y);
      *(u32*)(state + hidden + channel) = pack_bf16(u.x, u.y);
    }
    before2 = before1;
    before1 = u;
  }
}

// Writes the states of sequences of several rows: in the page of their last row and in every page
// that they fill. Grid (T, hidden / 2 / blockDim.x).
extern "C" __global__ void conv_states(Sequences s, States states, const bf16* mix, int hidden) {
  wait_for_earlier_kernels();
  let_later_kernels_start();
  int row = blockIdx.x, channel = (blockIdx.y * blockDim.x + threadIdx.x) * 2;
  if (row >= *s.rows || channel >= hidden) return;
  int sequence = s.sequence[row], first = s.first_row[sequence], end = s.first_row[sequence + 1];
  bool last = row == end - 1;
  bool fills = s.position[row] % PAGE_TOKENS == PAGE_TOKENS - 1;
  if (end - first == 1 || !(last || fills)) return;
  bf16* state = state_at(states, s, sequence, s.position[row]);
  float2 u = gated_input(mix, row, channel, hidden);
  // A chunk's first row can fill a page; what came before it is then in that page itself.
  float2 before = earlier_input(mix, states, s, row, 1, channel, hidden);
  *(u32*)(state + channel) = pack_bf16(before.x, before.y);
  *(u32*)(state + hidden + channel) = pack_bf16(u.x, u.y);
}
