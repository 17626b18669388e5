// Q8_0 and Q4_0 times activations in eight bits with AMX: QuantMatMul.java, bit for bit.
//
// A tile of sixteen tokens times one of sixteen rows of weights gives 256 dots of 32 columns in one
// instruction. Those are whole numbers and exact; what follows is done for each token in the order
// of quant.h, with rows as lanes. Weights are widened once to signed bytes for all tokens.

// Older compilers know no AMX: without this file the kernels for AVX-512 serve.
#if defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11

#include "quant_amx.h"

#define EXPORT __attribute__((visibility("default")))

#define GROUPS 8 // of 32 columns in a panel

// Fewer tokens are left to vectors, which are as fast.
#define LEAST_TOKENS(type) ((type) <= Q4_0 ? 12 : 7)

// 256 columns of a tile of weights, or what is left of them.
typedef struct {
  const int8_t *lines; // a line has four columns of all rows
  float scales[GROUPS][ROWS];
  int8_t widened[GROUPS * 8][LINE];
} panel;

int lfm4j_has_amx(void);
int lfm4j_has_avx512vnni(void);
void lfm4j_quant_rows_avx512vnni(int type, const uint8_t *w, long rows, long columns,
                                 const int8_t *values, const float *scales, const int32_t *sums,
                                 long count, float *out, long stride, int add);

// Tiles 0 and 1 are dots, 2 activations, 3 weights.
INLINE void configure(int tokens) {
  configuration c;
  memset(&c, 0, sizeof c);
  c.palette = 1;
  for (int i = 0; i < 2; i++) c.rows[i] = tokens, c.bytes[i] = 4 * ROWS;
  c.rows[2] = tokens, c.bytes[2] = 32;
  c.rows[3] = 8, c.bytes[3] = LINE;
  load_configuration(&c);
}

INLINE void widen_four(const uint8_t *lines, int g, int8_t (*to)[LINE]) {
  const __m512i zero = _mm512_set1_epi8(8);
  for (int i = 0; i < 4; i++) {
    __m512i both = line(lines, 4 * g + i);
    _mm512_store_si512(to[i], _mm512_sub_epi8(low(both), zero));
    _mm512_store_si512(to[4 + i], _mm512_sub_epi8(high(both), zero));
  }
}

// Reads some groups of a tile from one on, a multiple of eight. Returns the lines after them.
INLINE const uint8_t *read(int type, const uint8_t *tile, long columns, long group, int groups, panel *to) {
  const uint8_t *lines = tile + lines_at(type, columns) + group * lines_of(type) * LINE;
  const uint8_t *head = tile + group * 32;
  to->lines = type == Q8_0 ? (const int8_t *)lines : to->widened[0];
  for (int g = 0; g < groups; g++) {
    _mm512_store_ps(to->scales[g], halves(head + 32 * g));
    if (type == Q4_0) widen_four(lines, g, to->widened + 8 * g);
  }
  // Loading tiles reads no memory as far as gcc knows.
  __asm__ volatile("" ::: "memory");
  return lines + GROUPS * lines_of(type) * LINE;
}

// For each group of columns the scales of sixteen tokens, zero for those that there are not.
INLINE void prepare(const activations *x, long token, int tokens, float (*scales)[TOKENS]) {
  int groups = (int)(x->columns / 32);
  __mmask16 mask = (__mmask16)((1u << tokens) - 1);
  const __m512i in_order = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i at = _mm512_mullo_epi32(in_order, _mm512_set1_epi32(groups));
  const float *a = x->scales + token * groups;
  for (int g = 0; g < groups; g++) {
    _mm512_store_ps(scales[g], _mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask, at, a + g, 4));
  }
}

#define START(sum, x, columns, lines) \
  do {                                \
    _tile_zero(sum);                  \
    _tile_loadd(2, x, columns);       \
    _tile_loadd(3, lines, LINE);      \
    _tile_dpbssd(sum, 2, 3);          \
  } while (0)

// Begins the dots of a group of columns in tile 0 or, of an odd one, in tile 1.
INLINE void begin(const int8_t *x, long columns, const panel *w, int g) {
  const int8_t *lines = w->lines + g * 8 * LINE;
  if (g % 2 == 0) {
    START(0, x + 32 * g, columns, lines);
  } else {
    START(1, x + 32 * g, columns, lines);
  }
}

INLINE void end(int g, int32_t (*to)[ROWS]) {
  if (g % 2 == 0) {
    _tile_stored(0, to, LINE);
  } else {
    _tile_stored(1, to, LINE);
  }
}

INLINE __m512 floats(const int32_t *x) { return _mm512_cvtepi32_ps(_mm512_load_si512(x)); }

// Adds a panel's products with sixteen tokens to their sums. Dots of its first two groups have begun,
// and those of the first are stored; the same is done for the next tokens, if there are any: a tile
// takes longer than what the processor looks ahead.
INLINE void multiply(const panel *w, int groups, const int8_t *x, const int8_t *next, long columns,
                     float (*scales)[TOKENS], int32_t (*dots)[TOKENS][ROWS], float (*to)[ROWS]) {
  __m512 products[TOKENS];
  EACH_TOKEN products[t] = _mm512_load_ps(to[t]);
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) {
    // Of three groups one is begun, one stored, one scaled.
    if (g + 2 < groups) {
      begin(x, columns, w, g + 2);
    } else if (next) {
      begin(next, columns, w, g + 2 - groups);
    }
    if (g + 1 < groups || next) end(g + 1, dots[(g + 1) % 2]);
    int32_t(*dot)[ROWS] = dots[g % 2];
    __m512 d = _mm512_load_ps(w->scales[g]);
    EACH_TOKEN {
      __m512 scale = _mm512_mul_ps(d, _mm512_set1_ps(scales[g][t]));
      products[t] = _mm512_fmadd_ps(floats(dot[t]), scale, products[t]);
    }
  }
  EACH_TOKEN _mm512_store_ps(to[t], products[t]);
}

// Tokens [from, from + count): whole sixteens, or fewer than that.
INLINE void block(int type, const uint8_t *w, long rows, const activations *x, long from, int count,
                  float *out, long stride, int add) {
  long groups = x->columns / 32;
  long lines = GROUPS * lines_of(type);
  int sixteens = (count + TOKENS - 1) / TOKENS;
  float scales[sixteens][groups][TOKENS] __attribute__((aligned(LINE)));
  float all[sixteens][TOKENS][ROWS] __attribute__((aligned(LINE)));
  int32_t dots[2][TOKENS][ROWS] __attribute__((aligned(LINE)));
  panel p __attribute__((aligned(LINE)));
  memset(dots, 0, sizeof dots);
  int tokens = count < TOKENS ? count : TOKENS;
  for (int s = 0; s < sixteens; s++) prepare(x, from + s * TOKENS, tokens, scales[s]);
  configure(tokens);
  for (long r = 0; r < rows; r += ROWS, w += tile_bytes(type, x->columns)) {
    target to = target_of(out + from * stride + r, stride, rows - r, add);
    memset(all, 0, sizeof all);
    for (long g = 0; g < groups; g += GROUPS) {
      int some = groups - g < GROUPS ? (int)(groups - g) : GROUPS;
      int last = g + some == groups;
      const uint8_t *after = read(type, w, x->columns, g, some, &p);
      for (int s = 0; s < sixteens; s++) {
        for (long i = s * lines / sixteens; i < (s + 1) * lines / sixteens; i++) {
          _mm_prefetch((const char *)after + i * LINE, _MM_HINT_T0);
        }
        if (last) prefetch_out(&to, s * TOKENS, tokens);
        const int8_t *values = x->values + (from + s * TOKENS) * x->columns + g * 32;
        const int8_t *next = s + 1 < sixteens && some % 2 == 0 ? values + TOKENS * x->columns : 0;
        if (s == 0 || some % 2) {
          begin(values, x->columns, &p, 0);
          if (some > 1) begin(values, x->columns, &p, 1);
          end(0, dots[0]);
        }
        multiply(&p, some, values, next, x->columns, scales[s] + g, dots, all[s]);
        if (last) put(&to, s * TOKENS, tokens, all[s]);
      }
    }
  }
}

#define BLOCK(type)                                                                                 \
  static AMX void block_##type(const uint8_t *w, long rows, const activations *x, long from, int count, \
                               float *out, long stride, int add) {                                  \
    block(type, w, rows, x, from, count, out, stride, add);                                         \
  }
BLOCK(Q8_0) BLOCK(Q4_0)

static const block_of BLOCKS[] = {block_Q8_0, block_Q4_0, lfm4j_block_Q4_K, lfm4j_block_Q5_K,
                                  lfm4j_block_Q6_K};

EXPORT int lfm4j_has_amxint8(void) {
  unsigned a = 7, b, c = 0, d;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return lfm4j_has_avx512vnni() && (d >> 25 & 1) && lfm4j_has_amx();
}

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
EXPORT AMX void lfm4j_quant_rows_amxint8(int type, const uint8_t *w, long rows, long columns,
                                         const int8_t *values, const float *scales,
                                         const int32_t *sums, long count, float *out, long stride,
                                         int add) {
  activations x = {values, scales, sums, columns};
  // A scale for each block and, for those of 256, four pairs of sums.
  long kept = blocks(type, columns) * (type <= Q4_0 ? 4 : 20);
  long most = TABLE_BYTES / kept / TOKENS * TOKENS;
  if (most < TOKENS) most = TOKENS;
  if (most > MOST_TOKENS) most = MOST_TOKENS;
  long t = 0;
  while (count - t >= LEAST_TOKENS(type)) {
    long left = count - t < TOKENS ? count - t : (count - t) / TOKENS * TOKENS;
    int some = (int)(left < most ? left : most);
    BLOCKS[type](w, rows, &x, t, some, out, stride, add);
    t += some;
  }
  if (t > 0) _tile_release();
  if (t < count) {
    lfm4j_quant_rows_avx512vnni(type, w, rows, columns, values + t * columns,
                                scales + t * blocks(type, columns), sums + t * (columns / 16),
                                count - t, out + t * stride, stride, add);
  }
}

#endif
