// Quantised weights times activations in eight bits with AMX: QuantMatMul.java, bit for bit.
//
// A tile of sixteen tokens times one of sixteen rows of weights gives 256 dots of 32 columns in one
// instruction. Those are whole numbers and exact; what follows is done for each token in the order
// of quant.h, with rows as lanes. Weights are widened once to signed bytes for all tokens.

// Older compilers know no AMX: without this file the kernels for AVX-512 serve.
#if defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "quant_types.h"

#define TARGET "amx-tile,amx-int8,avx512f,avx512bw,avx512vl,f16c,fma"
#define AMX __attribute__((target(TARGET)))
#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline, target(TARGET)))

#define TOKENS 16
#define GROUPS 8 // of 32 columns in a panel

// Fewer tokens are left to vectors, which are as fast for up to twelve.
#define LEAST_TOKENS 12

// Tokens at a time: as many as the runner has in a block, unless their scales and scaled sums take
// more of the stack than this.
#define MOST_TOKENS 256
#define TABLE_BYTES (288 << 10)

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} configuration;

typedef struct {
  const int8_t *values; // [count][columns]
  const float *scales;  // [count][columns / 32]
  const int32_t *sums;  // [count][columns / 16]
  long columns;
} activations;

// 256 columns of a tile of weights, or what is left of them.
typedef struct {
  const int8_t *lines;      // a line has four columns of all rows
  float scales[16][ROWS];   // of groups, or of halves of groups (Q6_K)
  float minima[8][ROWS];    // of groups
  float d[ROWS], dmin[ROWS]; // of all
  int8_t widened[GROUPS * 8][LINE];
} panel;

// Where sums of sixteen rows go.
typedef struct {
  float *out; // of the first token
  long stride;
  __mmask16 rows; // those that there are
  int add;
} target;

int lfm4j_has_amx(void);
int lfm4j_has_avx512vnni(void);
void lfm4j_quant_rows_avx512vnni(int type, const uint8_t *w, long rows, long columns,
                                 const int8_t *values, const float *scales, const int32_t *sums,
                                 long count, float *out, long stride, int add);

// Tiles 0 to 3 are dots, 4 activations, 5 weights.
INLINE void configure(int type, int tokens) {
  configuration c;
  memset(&c, 0, sizeof c);
  c.palette = 1;
  int columns = type == Q6_K ? 16 : 32;
  for (int i = 0; i < 4; i++) c.rows[i] = tokens, c.bytes[i] = 4 * ROWS;
  c.rows[4] = tokens, c.bytes[4] = columns;
  c.rows[5] = columns / 4, c.bytes[5] = LINE;
  // gcc 12's _tile_loadconfig reads eight bytes as far as the compiler knows: it drops the other stores.
  __asm__ volatile("ldtilecfg %0" ::"m"(c));
}

// Lines that a panel is read from.
INLINE long panel_lines(int type) { return type <= Q4_0 ? GROUPS * lines_of(type) : lines_of(type); }

INLINE __m512 halves(const uint8_t *at) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)at)); }

INLINE __m512 bytes(const uint8_t *at) {
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)at)));
}

INLINE __m512 signed_bytes(const uint8_t *at) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)at)));
}

INLINE __m512i low(__m512i x) { return _mm512_and_si512(x, _mm512_set1_epi8(15)); }

INLINE __m512i high(__m512i x) { return low(_mm512_srli_epi16(x, 4)); }

// Bits [from, from + count) of each byte, moved up by four.
INLINE __m512i upper(__m512i x, int from, int count) {
  const __m512i mask = _mm512_set1_epi8((char)((1 << count) - 1));
  return _mm512_slli_epi16(_mm512_and_si512(_mm512_srli_epi16(x, from), mask), 4);
}

INLINE __m512i line(const uint8_t *lines, int i) { return _mm512_load_si512(lines + i * LINE); }

INLINE void widen_four(const uint8_t *lines, int g, int8_t (*to)[LINE]) {
  const __m512i zero = _mm512_set1_epi8(8);
  for (int i = 0; i < 4; i++) {
    __m512i both = line(lines, 4 * g + i);
    _mm512_store_si512(to[i], _mm512_sub_epi8(low(both), zero));
    _mm512_store_si512(to[4 + i], _mm512_sub_epi8(high(both), zero));
  }
}

INLINE void widen_k(int type, const uint8_t *lines, int g, int8_t (*to)[LINE]) {
  for (int i = 0; i < 8; i++) {
    __m512i value;
    if (type == Q6_K) {
      __m512i both = line(lines, 16 + g / 4 * 16 + g % 2 * 8 + i);
      value = g % 4 < 2 ? low(both) : high(both);
      value = _mm512_or_si512(value, upper(line(lines, g / 4 * 8 + i), g % 4 * 2, 2));
      value = _mm512_sub_epi8(value, _mm512_set1_epi8(32));
    } else {
      __m512i both = line(lines, (type == Q5_K ? 8 : 0) + g / 2 * 8 + i);
      value = g % 2 ? high(both) : low(both);
      if (type == Q5_K) value = _mm512_or_si512(value, upper(line(lines, i), g, 1));
    }
    _mm512_store_si512(to[i], value);
  }
}

// Reads some groups of a tile from one on, a multiple of eight. Returns the lines after them.
INLINE const uint8_t *read(int type, const uint8_t *tile, long columns, long group, int groups, panel *to) {
  const uint8_t *lines = tile + lines_at(type, columns);
  to->lines = to->widened[0];
  if (type <= Q4_0) {
    const uint8_t *head = tile + group * 32;
    lines += group * lines_of(type) * LINE;
    for (int g = 0; g < groups; g++) {
      _mm512_store_ps(to->scales[g], halves(head + 32 * g));
      if (type == Q4_0) widen_four(lines, g, to->widened + 8 * g);
    }
    if (type == Q8_0) to->lines = (const int8_t *)lines;
  } else {
    const uint8_t *head = tile + group / 8 * 320;
    lines += group / 8 * lines_of(type) * LINE;
    _mm512_store_ps(to->d, halves(head));
    _mm512_store_ps(to->dmin, halves(head + 32));
#pragma GCC unroll 8
    for (int g = 0; g < 8; g++) {
      widen_k(type, lines, g, to->widened + 8 * g);
      if (type == Q6_K) {
        _mm512_store_ps(to->scales[2 * g], signed_bytes(head + 64 + 2 * g * ROWS));
        _mm512_store_ps(to->scales[2 * g + 1], signed_bytes(head + 64 + (2 * g + 1) * ROWS));
      } else {
        _mm512_store_ps(to->scales[g], bytes(head + 64 + g * ROWS));
        _mm512_store_ps(to->minima[g], bytes(head + 192 + g * ROWS));
      }
    }
  }
  // Loading tiles reads no memory as far as gcc knows.
  __asm__ volatile("" ::: "memory");
  return lines + panel_lines(type) * LINE;
}

// For each group of columns the scales of sixteen tokens, and scale times sum for minima. Those of
// tokens that there are not are zero.
INLINE void prepare(int type, const activations *x, long token, int tokens, float (*scales)[TOKENS],
                    float (*sums)[TOKENS]) {
  int groups = (int)(x->columns / 32);
  __mmask16 mask = (__mmask16)((1u << tokens) - 1);
  const __m512i in_order = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  __m512i at = _mm512_mullo_epi32(in_order, _mm512_set1_epi32(groups));
  __m512i sums_at = _mm512_add_epi32(at, at), none = _mm512_setzero_si512();
  const float *a = x->scales + token * groups;
  const int32_t *s = x->sums + token * 2 * groups;
  for (int g = 0; g < groups; g++) {
    __m512 scale = _mm512_mask_i32gather_ps(_mm512_setzero_ps(), mask, at, a + g, 4);
    _mm512_store_ps(scales[g], scale);
    if (type != Q4_K && type != Q5_K) continue;
    __m512i even = _mm512_mask_i32gather_epi32(none, mask, sums_at, s + 2 * g, 4);
    __m512i odd = _mm512_mask_i32gather_epi32(none, mask, sums_at, s + 2 * g + 1, 4);
    _mm512_store_ps(sums[g], _mm512_mul_ps(scale, _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd))));
  }
}

#define START(sum, x, columns, lines) \
  do {                                \
    _tile_zero(sum);                  \
    _tile_loadd(4, x, columns);       \
    _tile_loadd(5, lines, LINE);      \
    _tile_dpbssd(sum, 4, 5);          \
  } while (0)

// Begins the dots of a group of columns in tile 0 or, of an odd one, in tile 2; the second sixteen
// columns of Q6_K go to the tile after that.
INLINE void begin(int type, const int8_t *x, long columns, const panel *w, int g) {
  x += 32 * g;
  const int8_t *lines = w->lines + g * 8 * LINE;
  if (g % 2 == 0) {
    START(0, x, columns, lines);
    if (type == Q6_K) START(1, x + 16, columns, lines + 4 * LINE);
  } else {
    START(2, x, columns, lines);
    if (type == Q6_K) START(3, x + 16, columns, lines + 4 * LINE);
  }
}

INLINE void end(int type, int g, int32_t (*to)[ROWS]) {
  if (g % 2 == 0) {
    _tile_stored(0, to, LINE);
    if (type == Q6_K) _tile_stored(1, to + TOKENS, LINE);
  } else {
    _tile_stored(2, to, LINE);
    if (type == Q6_K) _tile_stored(3, to + TOKENS, LINE);
  }
}

INLINE __m512 floats(const int32_t *x) { return _mm512_cvtepi32_ps(_mm512_load_si512(x)); }

#define EACH_TOKEN _Pragma("GCC unroll 16") for (int t = 0; t < TOKENS; t++)

// Adds a panel's products with sixteen tokens to their sums. Dots of its first two groups have begun,
// and those of the first are stored; the same is done for the next tokens, if there are any: a tile
// takes longer than what the processor looks ahead.
INLINE void multiply(int type, const panel *w, int groups, const int8_t *x, const int8_t *next,
                     long columns, float (*scales)[TOKENS], float (*sums)[TOKENS],
                     int32_t (*dots)[2 * TOKENS][ROWS], float (*to)[ROWS]) {
  __m512 products[TOKENS];
  EACH_TOKEN products[t] = type <= Q4_0 ? _mm512_load_ps(to[t]) : _mm512_setzero_ps();
#pragma GCC unroll 8
  for (int g = 0; g < groups; g++) {
    // Of three groups one is begun, one stored, one scaled.
    if (g + 2 < groups) {
      begin(type, x, columns, w, g + 2);
    } else if (next) {
      begin(type, next, columns, w, g + 2 - groups);
    }
    if (g + 1 < groups || next) end(type, g + 1, dots[(g + 1) % 2]);
    int32_t(*dot)[ROWS] = dots[g % 2];
    if (type <= Q4_0) {
      __m512 d = _mm512_load_ps(w->scales[g]);
      EACH_TOKEN {
        __m512 scale = _mm512_mul_ps(d, _mm512_set1_ps(scales[g][t]));
        products[t] = _mm512_fmadd_ps(floats(dot[t]), scale, products[t]);
      }
    } else if (type == Q6_K) {
      __m512 first = _mm512_load_ps(w->scales[2 * g]);
      __m512 second = _mm512_load_ps(w->scales[2 * g + 1]);
      EACH_TOKEN {
        __m512 scaled = _mm512_mul_ps(floats(dot[t]), first);
        scaled = _mm512_fmadd_ps(floats(dot[TOKENS + t]), second, scaled);
        products[t] = _mm512_fmadd_ps(scaled, _mm512_set1_ps(scales[g][t]), products[t]);
      }
    } else {
      __m512 scale = _mm512_load_ps(w->scales[g]);
      EACH_TOKEN {
        __m512 scaled = _mm512_mul_ps(floats(dot[t]), scale);
        products[t] = _mm512_fmadd_ps(scaled, _mm512_set1_ps(scales[g][t]), products[t]);
      }
    }
  }
  if (type > Q4_0) {
    __m512 d = _mm512_load_ps(w->d);
    EACH_TOKEN products[t] = _mm512_fmadd_ps(d, products[t], _mm512_load_ps(to[t]));
  }
  EACH_TOKEN _mm512_store_ps(to[t], products[t]);
  if (type == Q4_K || type == Q5_K) {
    __m512 minima[TOKENS], dmin = _mm512_load_ps(w->dmin);
    EACH_TOKEN minima[t] = _mm512_setzero_ps();
    for (int g = 0; g < GROUPS; g++) {
      __m512 minimum = _mm512_load_ps(w->minima[g]);
      EACH_TOKEN minima[t] = _mm512_fmadd_ps(minimum, _mm512_set1_ps(sums[g][t]), minima[t]);
    }
    EACH_TOKEN _mm512_store_ps(to[t], _mm512_fnmadd_ps(dmin, minima[t], _mm512_load_ps(to[t])));
  }
}

// Rows of outputs lie far apart, each in other pages: fetched while they are computed.
INLINE void prefetch_out(const target *to, int token, int tokens) {
  for (int t = token; t < token + tokens; t++) {
    __builtin_prefetch(to->out + t * to->stride, 1, 3);
    __builtin_prefetch(to->out + t * to->stride + ROWS - 1, 1, 3);
  }
}

INLINE void put(const target *to, int token, int tokens, float (*sums)[ROWS]) {
  for (int t = 0; t < tokens; t++) {
    float *at = to->out + (token + t) * to->stride;
    __m512 sum = _mm512_load_ps(sums[t]);
    if (to->add) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(to->rows, at), sum);
    _mm512_mask_storeu_ps(at, to->rows, sum);
  }
}

// Tokens [from, from + count): whole sixteens, or fewer than that.
INLINE void block(int type, const uint8_t *w, long rows, const activations *x, long from, int count,
                  float *out, long stride, int add) {
  long groups = x->columns / 32;
  long lines = panel_lines(type);
  int sixteens = (count + TOKENS - 1) / TOKENS;
  float scales[sixteens][groups][TOKENS] __attribute__((aligned(LINE)));
  float sums[sixteens][groups][TOKENS] __attribute__((aligned(LINE)));
  float all[sixteens][TOKENS][ROWS] __attribute__((aligned(LINE)));
  int32_t dots[2][2 * TOKENS][ROWS] __attribute__((aligned(LINE)));
  panel p __attribute__((aligned(LINE)));
  memset(dots, 0, sizeof dots);
  int tokens = count < TOKENS ? count : TOKENS;
  for (int s = 0; s < sixteens; s++) prepare(type, x, from + s * TOKENS, tokens, scales[s], sums[s]);
  configure(type, tokens);
  for (long r = 0; r < rows; r += ROWS, w += tile_bytes(type, x->columns)) {
    __mmask16 mask = rows - r < ROWS ? (__mmask16)((1u << (rows - r)) - 1) : 0xffff;
    target to = {out + from * stride + r, stride, mask, add};
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
          begin(type, values, x->columns, &p, 0);
          if (some > 1) begin(type, values, x->columns, &p, 1);
          end(type, 0, dots[0]);
        }
        multiply(type, &p, some, values, next, x->columns, scales[s] + g, sums[s] + g, dots, all[s]);
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
BLOCK(Q8_0) BLOCK(Q4_0) BLOCK(Q4_K) BLOCK(Q5_K) BLOCK(Q6_K)

typedef void (*blocks_of)(const uint8_t *, long, const activations *, long, int, float *, long, int);
static const blocks_of BLOCKS[] = {block_Q8_0, block_Q4_0, block_Q4_K, block_Q5_K, block_Q6_K};

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
  long most = TABLE_BYTES / (columns / 4) / TOKENS * TOKENS;
  if (most < TOKENS) most = TOKENS;
  if (most > MOST_TOKENS) most = MOST_TOKENS;
  long t = 0;
  while (count - t >= LEAST_TOKENS) {
    long left = count - t < TOKENS ? count - t : (count - t) / TOKENS * TOKENS;
    int some = (int)(left < most ? left : most);
    BLOCKS[type](w, rows, &x, t, some, out, stride, add);
    t += some;
  }
  if (t > 0) _tile_release();
  if (t < count) {
    long groups = columns / 32;
    lfm4j_quant_rows_avx512vnni(type, w, rows, columns, values + t * columns, scales + t * groups,
                                sums + t * 2 * groups, count - t, out + t * stride, stride, add);
  }
}

#endif
