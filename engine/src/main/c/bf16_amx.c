// BF16 matrix times FP32 activations with AMX tiles: the weights where they lie, each activation as
// the sum of three BF16 numbers (high, middle, low), which keep all of its 24 bits. Two would keep 16
// and make ten times the error of FP32.
//
// A tile of weights is 16 rows of 32 columns. A tile of activations is 16 pairs of columns of 16
// numbers: SplitRows.java says which. Every sum is its own chain of products over the columns in
// order, so the bits of an output do not depend on how many rows or tokens there are. Subnormal
// numbers count as zero, as these instructions do.

// Older compilers know no AMX: without this file the kernels for AVX-512 serve.
#if defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11

#include <immintrin.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET "amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl"
#define AMX __attribute__((target(TARGET)))
#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline, target(TARGET)))

#define ROWS 16
#define STEP 32
#define LINE 64

// Tokens of half a group, and numbers of a whole one for a step of columns: three tiles.
#define HALF 8
#define GROUP (2 * HALF)
#define TILE (16 * STEP)
#define GROUP_STEP (3 * TILE)

// Numbers of a token that is alone for a step.
#define ONE_STEP (4 * STEP)

// Activations that stay in the second-level cache while all rows pass by.
#define BLOCK_BYTES (1 << 20)

// Longest rows that are copied: longer ones would drive the activations out of the cache.
#define MOST_COPIED 1024

// Columns with which up to half a group of tokens does better with one group of rows at a time: 16
// rows are as many streams as are read fast, and the tokens stay in the first-level cache. Of fewer
// columns, two groups hide more of each other's end.
#define LEAST_ALONE 128
#define MOST_ALONE 512

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} configuration;

// Where sums go.
typedef struct {
  float *out;
  long stride;
  int add;
} target;

// Groups of rows where they lie, or copied tile by tile.
typedef struct {
  const uint16_t *first;
  long stride; // bytes from row to row
  long step;   // numbers from one column to the next, for whole steps
  long group;  // numbers from group to group
} weights;

// Tiles 0 to 5 are sums, 6 weights, 7 activations.
INLINE void configure(int rows, int bytes) {
  configuration c;
  memset(&c, 0, sizeof c);
  c.palette = 1;
  for (int i = 0; i < 8; i++) {
    c.rows[i] = i < 7 ? rows : ROWS;
    c.bytes[i] = i == 6 ? LINE : bytes;
  }
  // gcc 12's _tile_loadconfig reads eight bytes as far as the compiler knows: it drops the other stores.
  __asm__ volatile("ldtilecfg %0" ::"m"(c));
}

INLINE void put(float *to, __mmask16 rows, __m512 sum, int add) {
  if (add) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(rows, to), sum);
  _mm512_mask_storeu_ps(to, rows, sum);
}

INLINE __mmask16 mask(int rows) { return (__mmask16)((1u << rows) - 1); }

INLINE __m512 low_pairs(__m512 a, __m512 b) {
  return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

INLINE __m512 high_pairs(__m512 a, __m512 b) {
  return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(a), _mm512_castps_pd(b)));
}

INLINE __m512 total(__m512 high, __m512 middle, __m512 low) {
  return _mm512_add_ps(high, _mm512_add_ps(middle, low));
}

// Sums of one token, [row][high, middle, low, nothing].
INLINE void put_one(const float *sums, int rows, float *to, int add) {
  __m512 a = _mm512_load_ps(sums), b = _mm512_load_ps(sums + 16);
  __m512 c = _mm512_load_ps(sums + 32), d = _mm512_load_ps(sums + 48);
  __m512 ab = _mm512_unpacklo_ps(a, b), cd = _mm512_unpacklo_ps(c, d);
  __m512 low = low_pairs(_mm512_unpackhi_ps(a, b), _mm512_unpackhi_ps(c, d));
  // Quarter q has rows q, 4 + q, 8 + q and 12 + q.
  __m512 sum = total(low_pairs(ab, cd), high_pairs(ab, cd), low);
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  put(to, mask(rows), _mm512_permutexvar_ps(order, sum), add);
}

// Eight tokens of row r, then of row r + 8.
INLINE __m512 two_rows(const float *sums, const float *low, int r) {
  __m512 a = _mm512_load_ps(sums + r * ROWS), b = _mm512_load_ps(sums + (r + 8) * ROWS);
  __m512 c = _mm512_castps256_ps512(_mm256_load_ps(low + r * ROWS));
  c = _mm512_insertf32x8(c, _mm256_load_ps(low + (r + 8) * ROWS), 1);
  return total(_mm512_shuffle_f32x4(a, b, 0x44), _mm512_shuffle_f32x4(a, b, 0xee), c);
}

// Up to eight tokens, sums [row][high of 8, middle of 8] and, with 16 a row, [row][low of 8].
INLINE void put_half(const float *sums, const float *low, int rows, int tokens, const target *to,
                     long at) {
  __m512 v[8], u[8];
  for (int r = 0; r < 8; r++) v[r] = two_rows(sums, low, r);
  for (int i = 0; i < 8; i += 2) {
    u[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
    u[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
  }
  // v[4 h + t]: tokens t and t + 4 of rows 4 h and on, then of rows 4 h + 8 and on.
  for (int h = 0; h < 8; h += 4) {
    v[h] = low_pairs(u[h], u[h + 2]);
    v[h + 1] = high_pairs(u[h], u[h + 2]);
    v[h + 2] = low_pairs(u[h + 1], u[h + 3]);
    v[h + 3] = high_pairs(u[h + 1], u[h + 3]);
  }
  const __m512i first = _mm512_setr_epi32(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27);
  const __m512i second = _mm512_add_epi32(first, _mm512_set1_epi32(4));
  for (int t = 0; t < 4; t++) {
    u[t] = _mm512_permutex2var_ps(v[t], first, v[4 + t]);
    u[4 + t] = _mm512_permutex2var_ps(v[t], second, v[4 + t]);
  }
  for (int t = 0; t < tokens; t++) put(to->out + at + t * to->stride, mask(rows), u[t], to->add);
}

// One token and one group of rows.
INLINE void tile_one(const uint16_t *w, long columns, const uint16_t *x, int rows, float *out,
                     int add) {
  float sums[4 * ROWS] __attribute__((aligned(LINE)));
  _tile_zero(0);
  for (long k = 0; k < columns; k += STEP, x += ONE_STEP) {
    _tile_loadd(6, w + k, 2 * columns);
    _tile_loadd(7, x, 16);
    _tile_dpbf16ps(0, 6, 7);
  }
  _tile_stored(0, sums, 16);
  put_one(sums, rows, out, add);
}

// One or two groups of rows and one half or both of a group of tokens.
INLINE void tile(weights w, long columns, const uint16_t *x, int row_groups, int rows, int halves,
                 int tokens, const target *to, long at) {
  float sums[3][ROWS * ROWS] __attribute__((aligned(LINE)));
  int first = halves == 2 ? HALF : tokens;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  _tile_zero(4);
  _tile_zero(5);
  for (long k = 0; k < columns; k += STEP, x += GROUP_STEP) {
    const uint16_t *wk = w.first + k * w.step;
    _tile_loadd(6, wk, w.stride);
    _tile_loadd(7, x, LINE);
    _tile_dpbf16ps(0, 6, 7);
    if (halves == 2) {
      _tile_loadd(7, x + 2 * TILE, LINE);
      _tile_dpbf16ps(2, 6, 7);
    }
    _tile_loadd(7, x + TILE, LINE);
    _tile_dpbf16ps(1, 6, 7);
    if (row_groups == 2) {
      _tile_loadd(6, wk + w.group, w.stride);
      _tile_dpbf16ps(4, 6, 7);
      if (halves == 2) {
        _tile_loadd(7, x + 2 * TILE, LINE);
        _tile_dpbf16ps(5, 6, 7);
      }
      _tile_loadd(7, x, LINE);
      _tile_dpbf16ps(3, 6, 7);
    }
  }
  _tile_stored(0, sums[0], LINE);
  _tile_stored(1, sums[1], LINE);
  if (halves == 2) _tile_stored(2, sums[2], LINE);
  put_half(sums[0], sums[1], rows, first, to, at);
  if (halves == 2) {
    put_half(sums[2], sums[1] + HALF, rows, tokens - HALF, to, at + HALF * to->stride);
  }
  if (row_groups == 2) {
    at += ROWS;
    _tile_stored(3, sums[0], LINE);
    _tile_stored(4, sums[1], LINE);
    if (halves == 2) _tile_stored(5, sums[2], LINE);
    put_half(sums[0], sums[1], rows, first, to, at);
    if (halves == 2) {
      put_half(sums[2], sums[1] + HALF, rows, tokens - HALF, to, at + HALF * to->stride);
    }
  }
}

// Groups of rows against tokens [from, end), from a multiple of a group.
INLINE void row_groups(weights w, long columns, const uint16_t *x, int groups, int rows, long from,
                       long end, const target *to, long at) {
  for (long t = from; t < end; t += GROUP) {
    const uint16_t *xt = x + t / GROUP * (columns / STEP) * GROUP_STEP;
    int left = end - t < GROUP ? (int)(end - t) : GROUP;
    long tat = at + t * to->stride;
    if (left > HALF) {
      tile(w, columns, xt, groups, rows, 2, left, to, tat);
    } else {
      tile(w, columns, xt, groups, rows, 1, left, to, tat);
    }
  }
}

INLINE weights in_place(const uint16_t *w, long columns) {
  weights here = {w, 2 * columns, 1, ROWS * columns};
  return here;
}

// Copies two groups of rows whose steps each lie in two lines of the cache: that makes loading them
// again and again slow.
INLINE weights copied(weights from, long columns, uint16_t *to) {
  for (int r = 0; r < 2 * ROWS; r++) {
    const uint16_t *row = from.first + r * columns;
    for (long k = 0; k < columns; k += STEP) {
      _mm512_store_si512(to + 2 * ROWS * k + r * STEP, _mm512_loadu_si512(row + k));
    }
  }
  weights copy = {to, LINE, 2 * ROWS, TILE};
  return copy;
}

static AMX void one_token(const uint16_t *w, long rows, long columns, const uint16_t *x, float *out,
                          int add) {
  configure(ROWS, 16);
  long r = 0;
  for (; r <= rows - ROWS; r += ROWS) tile_one(w + r * columns, columns, x, ROWS, out + r, add);
  if (r < rows) {
    configure((int)(rows - r), 16);
    tile_one(w + r * columns, columns, x, (int)(rows - r), out + r, add);
  }
}

static AMX void many_tokens(const uint16_t *w, long rows, long columns, const uint16_t *x,
                            long count, const target *to) {
  long block = BLOCK_BYTES / (6 * columns) / GROUP * GROUP;
  if (block < GROUP) block = GROUP;
  int copies = (uintptr_t)w % LINE && columns <= MOST_COPIED;
  uint16_t copy[2 * ROWS * MOST_COPIED] __attribute__((aligned(LINE)));
  long whole = rows / ROWS * ROWS;
  int alone = count <= HALF && columns >= LEAST_ALONE && columns <= MOST_ALONE;
  long pairs = alone ? 0 : rows / (2 * ROWS) * (2 * ROWS);
  for (long from = 0; from < count; from += block) {
    long end = count - from > block ? from + block : count;
    configure(ROWS, LINE);
    for (long r = 0; r < pairs; r += 2 * ROWS) {
      weights two = in_place(w + r * columns, columns);
      if (copies && end - from > GROUP) two = copied(two, columns, copy);
      row_groups(two, columns, x, 2, ROWS, from, end, to, r);
    }
    for (long r = pairs; r < whole; r += ROWS) {
      row_groups(in_place(w + r * columns, columns), columns, x, 1, ROWS, from, end, to, r);
    }
    if (whole < rows) {
      configure((int)(rows - whole), LINE);
      weights last = in_place(w + whole * columns, columns);
      row_groups(last, columns, x, 1, (int)(rows - whole), from, end, to, whole);
    }
  }
}

// Whether there are these instructions and the system lets this process use them, which it must be
// asked for once. It may refuse, and does so where a thread's signal stack is too small.
EXPORT int lfm4j_has_amx(void) {
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx512bw") || !__builtin_cpu_supports("avx512dq") ||
      !__builtin_cpu_supports("avx512vl")) {
    return 0;
  }
  unsigned a = 7, b, c = 0, d;
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  int bf16 = d >> 22 & 1, tile = d >> 24 & 1;
  return bf16 && tile && !syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA);
}

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
EXPORT AMX void lfm4j_bf16_rows_amx(const uint16_t *w, long rows, long columns, const uint16_t *x,
                                    long count, float *out, long stride, int add) {
  if (count == 1) {
    one_token(w, rows, columns, x, out, add);
  } else {
    target to = {out, stride, add};
    many_tokens(w, rows, columns, x, count, &to);
  }
  _tile_release();
}

#endif
