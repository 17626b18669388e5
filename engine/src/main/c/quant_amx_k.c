// Q4_K, Q5_K and Q6_K times activations in eight bits with AMX: QuantMatMul.java, bit for bit.
//
// The activations of a block of 256 columns share a scale, so all within a block is whole numbers. A
// weight times the whole scale of its group has 16 bits: low bytes and high bytes go to two planes of
// tiles, multiplied by the same activations. So a block is eight products of full tiles, and there is
// one scaling for each token.

// Older compilers know no AMX: without this file the kernels for AVX-512 serve.
#if defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11

#include "quant_amx.h"

// Loading and storing tiles touches no memory as far as gcc knows; and what is done for sixteens with
// odd and with even numbers must stay where it is, not move before both.
#define BARRIER __asm__ volatile("" ::: "memory")

#define COLUMNS 256
#define PARTS 4 // of a block, 64 columns each

// A block of a tile of weights.
typedef struct {
  uint8_t low[PARTS][16][LINE];  // a line has four columns of all rows
  uint8_t high[PARTS][16][LINE]; // signed for Q6_K
  float d[ROWS], dmin[ROWS];
  int32_t minima[4][ROWS]; // of two groups, 16 bits each
} panel;

typedef int32_t planes[2][TOKENS][ROWS]; // dots with low and with high bytes

// Sixteen tokens whose dots are ready.
typedef struct {
  planes *dots;
  const float *scales;
  const int32_t (*sums)[4]; // of two groups, 16 bits each
  float (*to)[ROWS];
} sixteen;

// Tiles 0 and 1 are dots of a sixteen with an even number, 4 its activations; 2, 3 and 5 are those of
// an odd one; 6 and 7 are weights.
INLINE void configure(int tokens) {
  configuration c;
  memset(&c, 0, sizeof c);
  c.palette = 1;
  for (int i = 0; i < 8; i++) c.rows[i] = i < 6 ? tokens : 16, c.bytes[i] = LINE;
  load_configuration(&c);
}

// Bits [from, from + count) of each byte, moved up by four.
INLINE __m512i upper(__m512i x, int from, int count) {
  const __m512i mask = _mm512_set1_epi8((char)((1 << count) - 1));
  return _mm512_slli_epi16(_mm512_and_si512(_mm512_srli_epi16(x, from), mask), 4);
}

// Line i of a group of 32 columns, as bytes without sign: those of Q6_K are too great by 32.
INLINE __m512i weights(int type, const uint8_t *lines, int g, int i) {
  if (type == Q6_K) {
    __m512i both = line(lines, 16 + g / 4 * 16 + g % 2 * 8 + i);
    __m512i value = g % 4 < 2 ? low(both) : high(both);
    return _mm512_or_si512(value, upper(line(lines, g / 4 * 8 + i), g % 4 * 2, 2));
  }
  __m512i both = line(lines, (type == Q5_K ? 8 : 0) + g / 2 * 8 + i);
  __m512i value = g % 2 ? high(both) : low(both);
  return type == Q5_K ? _mm512_or_si512(value, upper(line(lines, i), g, 1)) : value;
}

// Multiplies a line by the scale of each row, which stands there twice in 16 bits: products of even
// and of odd columns, whose bytes then go to the two planes.
INLINE void scale_line(int type, __m512i line, __m512i scales, uint8_t *low, uint8_t *high) {
  __m512i even = _mm512_maddubs_epi16(line, _mm512_and_si512(scales, _mm512_set1_epi16(0xff)));
  __m512i odd = _mm512_maddubs_epi16(line, _mm512_slli_epi16(scales, 8));
  if (type == Q6_K) {
    __m512i excess = _mm512_slli_epi16(scales, 5);
    even = _mm512_sub_epi16(even, excess);
    odd = _mm512_sub_epi16(odd, excess);
  }
  const __m512i swapped = _mm512_broadcast_i32x4(
      _mm_setr_epi8(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
  const __mmask64 evens = 0x5555555555555555;
  _mm512_store_si512(low, _mm512_mask_shuffle_epi8(even, ~evens, odd, swapped));
  _mm512_store_si512(high, _mm512_mask_shuffle_epi8(odd, evens, even, swapped));
}

// Of each row, a byte of the first and one of the second sixteen, with their signs, as 16 bits each.
INLINE __m512i byte_pairs(const uint8_t *first, const uint8_t *second) {
  __m128i a = _mm_loadu_si128((const void *)first), b = _mm_loadu_si128((const void *)second);
  return _mm512_cvtepi8_epi16(_mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b)));
}

INLINE void read(int type, const uint8_t *head, const uint8_t *lines, panel *to) {
  const uint8_t *scales = head + 64, *minima = head + 192;
  _mm512_store_ps(to->d, halves(head));
#pragma GCC unroll 8
  for (int g = 0; g < 8; g++) {
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
      const uint8_t *at = scales + (type == Q6_K ? 2 * g + half : g) * ROWS;
      __m512i scale = byte_pairs(at, at);
      for (int i = 4 * half; i < 4 * half + 4; i++) {
        int to_line = g % 2 * 8 + i;
        scale_line(type, weights(type, lines, g, i), scale, to->low[g / 2][to_line], to->high[g / 2][to_line]);
      }
    }
  }
  if (type != Q6_K) {
    _mm512_store_ps(to->dmin, halves(head + 32));
    for (int i = 0; i < 4; i++) {
      _mm512_store_si512(to->minima[i], byte_pairs(minima + 2 * i * ROWS, minima + (2 * i + 1) * ROWS));
    }
  }
  BARRIER;
}

// Adds a block's products with one token to its sums.
INLINE void scale(int type, const panel *w, const sixteen *x, int t) {
  int32_t(*dots)[TOKENS][ROWS] = *x->dots;
  __m512i high = _mm512_slli_epi32(_mm512_load_si512(dots[1][t]), 8);
  __m512 dot = _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_load_si512(dots[0][t]), high));
  __m512 d = _mm512_load_ps(w->d), product;
  if (type == Q6_K) {
    product = _mm512_mul_ps(d, dot);
  } else {
    __m512i minima = _mm512_setzero_si512();
    for (int i = 0; i < 4; i++) {
      minima = _mm512_dpwssd_epi32(minima, _mm512_load_si512(w->minima[i]), _mm512_set1_epi32(x->sums[t][i]));
    }
    __m512 less = _mm512_mul_ps(_mm512_load_ps(w->dmin), _mm512_cvtepi32_ps(minima));
    product = _mm512_fmsub_ps(d, dot, less);
  }
  __m512 sum = _mm512_fmadd_ps(_mm512_set1_ps(x->scales[t]), product, _mm512_load_ps(x->to[t]));
  _mm512_store_ps(x->to[t], sum);
}

#define PART(type, sums, more, tile, x, columns, w, k, before) \
  do {                                                         \
    _tile_loadd(tile, x + 64 * k, columns);                    \
    _tile_loadd(6, w->low[k], LINE);                           \
    _tile_dpbsud(sums, tile, 6);                               \
    if (before) scale(type, w, before, 4 * k);                 \
    if (before) scale(type, w, before, 4 * k + 1);             \
    _tile_loadd(7, w->high[k], LINE);                          \
    if (type == Q6_K) {                                        \
      _tile_dpbssd(more, tile, 7);                             \
    } else {                                                   \
      _tile_dpbsud(more, tile, 7);                             \
    }                                                          \
    if (before) scale(type, w, before, 4 * k + 2);             \
    if (before) scale(type, w, before, 4 * k + 3);             \
  } while (0)

#define SIXTEEN(type, sums, more, tile, x, columns, w, before, to) \
  do {                                                             \
    BARRIER;                                                       \
    _tile_zero(sums);                                              \
    _tile_zero(more);                                              \
    PART(type, sums, more, tile, x, columns, w, 0, before);        \
    PART(type, sums, more, tile, x, columns, w, 1, before);        \
    PART(type, sums, more, tile, x, columns, w, 2, before);        \
    PART(type, sums, more, tile, x, columns, w, 3, before);        \
    _tile_stored(sums, to[0], LINE);                               \
    _tile_stored(more, to[1], LINE);                               \
  } while (0)

// Multiplies a block with sixteen tokens. Those before them, if there are any, are scaled between its
// products, which take longer than what the processor looks ahead, and have the other tiles.
INLINE void multiply(int type, const panel *w, const int8_t *x, long columns, int odd, const sixteen *before,
                     int32_t (*to)[TOKENS][ROWS]) {
  if (odd) {
    SIXTEEN(type, 2, 3, 5, x, columns, w, before, to);
  } else {
    SIXTEEN(type, 0, 1, 4, x, columns, w, before, to);
  }
  BARRIER;
}

// Scales and, for minima, sums of groups of tokens [from, from + count), those of a block together.
INLINE void prepare(int type, const activations *x, long from, int count, float *scales, int32_t (*sums)[4]) {
  long blocks = x->columns / COLUMNS;
  const float *a = x->scales + from * blocks;
  const int32_t *s = x->sums + from * blocks * 16;
  for (long t = 0; t < count; t++) {
    for (long b = 0; b < blocks; b++, a++, s += 16) {
      scales[b * count + t] = *a;
      if (type == Q6_K) continue;
      __m512i halves = _mm512_loadu_si512(s);
      __m512i groups = _mm512_add_epi32(halves, _mm512_srli_epi64(halves, 32));
      _mm_store_si128((void *)sums[b * count + t], _mm512_cvtepi64_epi16(groups));
    }
  }
}

INLINE void block(int type, const uint8_t *w, long rows, const activations *x, long from, int count,
                  float *out, long stride, int add) {
  long blocks = x->columns / COLUMNS, lines = lines_of(type);
  int sixteens = (count + TOKENS - 1) / TOKENS, tokens = count < TOKENS ? count : TOKENS;
  float scales[blocks * count];
  int32_t sums[blocks * count][4] __attribute__((aligned(LINE)));
  float all[sixteens * TOKENS][ROWS] __attribute__((aligned(LINE)));
  planes dots[2] __attribute__((aligned(LINE)));
  panel p __attribute__((aligned(LINE)));
  prepare(type, x, from, count, scales, sums);
  configure(tokens);
  for (long r = 0; r < rows; r += ROWS, w += tile_bytes(type, x->columns)) {
    target to = target_of(out + from * stride + r, stride, rows - r, add);
    memset(all, 0, sizeof all);
    for (long b = 0; b < blocks; b++) {
      const uint8_t *weights = w + lines_at(type, x->columns) + b * lines * LINE;
      read(type, w + b * head_bytes(type), weights, &p);
      const int8_t *values = x->values + from * x->columns + b * COLUMNS;
      sixteen before = {0, scales + b * count, (const int32_t(*)[4])sums + b * count, all};
      for (int s = 0; s < sixteens; s++, values += TOKENS * x->columns) {
        const uint8_t *next = weights + lines * LINE;
        for (long i = s * lines / sixteens; i < (s + 1) * lines / sixteens; i++) {
          _mm_prefetch((const char *)next + i * LINE, _MM_HINT_T0);
        }
        if (b + 1 == blocks) prefetch_out(&to, s * TOKENS, tokens);
        if (s == 0) {
          multiply(type, &p, values, x->columns, 0, (const sixteen *)0, dots[0]);
        } else {
          before.dots = &dots[(s - 1) % 2];
          if (s % 2) {
            multiply(type, &p, values, x->columns, 1, &before, dots[1]);
          } else {
            multiply(type, &p, values, x->columns, 0, &before, dots[0]);
          }
          before.scales += TOKENS, before.sums += TOKENS, before.to += TOKENS;
        }
      }
      before.dots = &dots[(sixteens - 1) % 2];
      for (int t = 0; t < tokens; t++) scale(type, &p, &before, t);
    }
    for (int s = 0; s < sixteens; s++) put(&to, s * TOKENS, tokens, all + s * TOKENS);
  }
}

#define BLOCK(type)                                                                                    \
  AMX void lfm4j_block_##type(const uint8_t *w, long rows, const activations *x, long from, int count, \
                              float *out, long stride, int add) {                                      \
    block(type, w, rows, x, from, count, out, stride, add);                                            \
  }
BLOCK(Q4_K) BLOCK(Q5_K) BLOCK(Q6_K)

#endif
