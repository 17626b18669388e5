// The gated short convolution between its two projections (three taps):
//
//   u = B * x,  v[t] = taps[0] u[t-2] + taps[1] u[t-1] + taps[2] u[t],  out = C * v
//
//   mix    [T, 3 hidden]  rows B | C | x of the input projection
//   taps   [hidden, 3]    the last one for the current token
//   out    [T, hidden]
//
// The two u before a chunk are the state in the page of the position before it, or zero at position
// 0; see `Sequences`. A sequence of one row writes its new state here, where the thread that read the
// old one is the thread that writes. For longer ones other blocks may still read: their states are
// written by conv_states afterwards.
//
// What the host uploaded and the states of earlier steps are read before earlier kernels end: none of
// them writes there, and the first kernel of a step lets later ones start only when the steps before are
// done. States are read past L1, which may still hold older ones.
#include "row.cuh"

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

// One row of 2 * blockDim.x channels a block; grid (T, hidden / 2 / blockDim.x).
extern "C" __global__ void conv(Sequences s, States states, const bf16* mix, const bf16* taps,
                                bf16* out, int hidden) {
  int channel = (blockIdx.y * blockDim.x + threadIdx.x) * 2, row = blockIdx.x;
  if (channel >= hidden) return;
  let_later_kernels_start();
  float tap[6];
#pragma unroll
  for (int i = 0; i < 6; i++) tap[i] = from_bf16(taps[channel * 3 + i]);
  if (row >= *s.rows) {
    wait_for_earlier_kernels();
    return;
  }
  int sequence = s.sequence[row], first = s.first_row[sequence], end = s.first_row[sequence + 1];
  int start = s.position[first], inside = row - first;
  float2 state[2] = {};
  if (inside < 2 && start > 0) {
    const bf16* from = state_at(states, s, sequence, start - 1) + channel;
    state[0] = unpack(__ldcg((const u32*)from));
    state[1] = unpack(__ldcg((const u32*)(from + hidden)));
  }
  bf16* to = state_at(states, s, sequence, start + inside) + channel;
  wait_for_earlier_kernels();
  float2 before2 = inside == 0 ? state[0] : state[1], before1 = state[1];
  if (inside >= 1) before1 = gated_input(mix, row - 1, channel, hidden);
  if (inside >= 2) before2 = gated_input(mix, row - 2, channel, hidden);
  float2 u = gated_input(mix, row, channel, hidden);
  u32 c = *(const u32*)(mix + (u64)row * 3 * hidden + hidden + channel);
  float low = tap[0] * before2.x + tap[1] * before1.x + tap[2] * u.x;
  float high = tap[3] * before2.y + tap[4] * before1.y + tap[5] * u.y;
  *(u32*)(out + (u64)row * hidden + channel) =
      pack_bf16(low_bf16(c) * round_bf16(low), high_bf16(c) * round_bf16(high));
  if (end - first == 1) {
    *(u32*)to = pack_bf16(before1.x, before1.y);
    *(u32*)(to + hidden) = pack_bf16(u.x, u.y);
  }
}

// B, C and x of eight channels of a row.
struct Mixed {
  uint4 b, c, x;

  DEVICE void load(const bf16* mix, int row, int channel, int hidden) {
    const bf16* at = mix + (u64)row * 3 * hidden + channel;
    b = *(const uint4*)at;
    c = *(const uint4*)(at + hidden);
    x = *(const uint4*)(at + 2 * hidden);
  }
  DEVICE Row gated() const {
    Row u = unpack(b), factor = unpack(x);
#pragma unroll
    for (int i = 0; i < 8; i++) u.v[i] = round_bf16(u.v[i] * factor.v[i]);
    return u;
  }
};

// u of eight channels at `back` rows before a row, from the chunk or from the state.
DEVICE Row earlier_row(const bf16* mix, const States& states, const Sequences& s, int row, int back,
                       int channel, int hidden) {
  int sequence = s.sequence[row], first = s.first_row[sequence], start = s.position[first];
  int column = 2 + (row - back - first);  // 1: the last token before the chunk; 0: the one before
  if (column >= 2) {
    Mixed mixed;
    mixed.load(mix, row - back, channel, hidden);
    return mixed.gated();
  }
  if (start == 0) return Row{};
  return load_row(state_at(states, s, sequence, start - 1) + column * hidden + channel);
}

// The same for many rows: a block computes `run` consecutive rows of 8 * blockDim.x channels, and asks
// for a row while it computes the one before; grid (T / run, hidden / 8 / blockDim.x).
extern "C" __global__ void __launch_bounds__(256)
    conv_many(Sequences s, States states, const bf16* mix, const bf16* taps, bf16* out, int hidden,
              int run) {
  int channel = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
  if (channel >= hidden) return;
  let_later_kernels_start();
  float tap[24];
#pragma unroll
  for (int i = 0; i < 3; i++) {
    Row part = load_row(taps + channel * 3 + i * 8);
#pragma unroll
    for (int j = 0; j < 8; j++) tap[i * 8 + j] = part.v[j];
  }
  wait_for_earlier_kernels();
  int from = blockIdx.x * run, to = min(*s.rows, from + run);
  if (from >= to) return;
  Row before2 = {}, before1 = {};
  Mixed mixed;
  mixed.load(mix, from, channel, hidden);
  int last_sequence = -1, sequence = s.sequence[from];
  bool single = false;
  for (int row = from; row < to; row++) {
    Mixed next = mixed;
    int next_sequence = sequence;
    if (row + 1 < to) {
      next.load(mix, row + 1, channel, hidden);
      next_sequence = s.sequence[row + 1];
    }
    if (sequence != last_sequence) {
      before2 = earlier_row(mix, states, s, row, 2, channel, hidden);
      before1 = earlier_row(mix, states, s, row, 1, channel, hidden);
      last_sequence = sequence;
      single = s.first_row[sequence + 1] - s.first_row[sequence] == 1;
    }
    Row u = mixed.gated(), c = unpack(mixed.c), result;
#pragma unroll
    for (int i = 0; i < 8; i++) {
      float v = tap[3 * i] * before2.v[i] + tap[3 * i + 1] * before1.v[i] + tap[3 * i + 2] * u.v[i];
      result.v[i] = c.v[i] * round_bf16(v);
    }
    *(uint4*)(out + (u64)row * hidden + channel) = pack(result);
    if (single) {
      bf16* state = state_at(states, s, sequence, s.position[row]) + channel;
      *(uint4*)state = pack(before1);
      *(uint4*)(state + hidden) = pack(u);
    }
    before2 = before1;
    before1 = u;
    mixed = next;
    sequence = next_sequence;
  }
}

#define STATE_ROWS 64  // that a block of conv_states looks at

// Writes the states of sequences of several rows: in the page of their last row and in every page
// that they fill. 64 to 256 threads of eight channels; grid (T / 64, hidden / 8 / blockDim.x).
extern "C" __global__ void __launch_bounds__(256)
    conv_states(Sequences s, States states, const bf16* mix, int hidden) {
  __shared__ u32 wanted[STATE_ROWS / 32];  // a bit for each row that has a state to write
  let_later_kernels_start();
  int from = blockIdx.x * STATE_ROWS, channel = (blockIdx.y * blockDim.x + threadIdx.x) * 8;
  if (threadIdx.x < STATE_ROWS) {
    int row = from + threadIdx.x;
    bool writes = false;
    if (row < *s.rows) {
      int sequence = s.sequence[row], first = s.first_row[sequence];
      int end = s.first_row[sequence + 1];
      bool fills = s.position[row] % PAGE_TOKENS == PAGE_TOKENS - 1;
      writes = end - first > 1 && (row == end - 1 || fills);
    }
    u32 bits = __ballot_sync(FULL_WARP, writes);
    if (threadIdx.x % 32 == 0) wanted[threadIdx.x / 32] = bits;
  }
  __syncthreads();
  wait_for_earlier_kernels();
  if (channel >= hidden) return;
#pragma unroll
  for (int word = 0; word < STATE_ROWS / 32; word++) {
    for (u32 bits = wanted[word]; bits != 0; bits &= bits - 1) {
      int row = from + word * 32 + __ffs(bits) - 1;
      bf16* state = state_at(states, s, s.sequence[row], s.position[row]) + channel;
      Mixed mixed;
      mixed.load(mix, row, channel, hidden);
      // A chunk's first row can fill a page; what came before it is then in that page itself.
      Row before = earlier_row(mix, states, s, row, 1, channel, hidden);
      *(uint4*)state = pack(before);
      *(uint4*)(state + hidden) = pack(mixed.gated());
    }
  }
}
