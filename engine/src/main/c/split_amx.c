// Splits activations for bf16_amx.c, as SplitRows.java says.

#include <immintrin.h>
#include <stdint.h>

#define TARGET "avx512f,avx512bw,avx512dq,avx512vl"
#define EXPORT __attribute__((visibility("default"), target(TARGET)))
#define INLINE static inline __attribute__((always_inline, target(TARGET)))

#define STEP 32
#define HALF 8
#define LINE 32
#define TILE (16 * LINE)

#define INFINITE 0x18

INLINE __m512 near(__m512 x) {
  return _mm512_and_ps(x, _mm512_castsi512_ps(_mm512_set1_epi32((int)0xffff0000)));
}

// What the BF16 numbers that come from cutting leave: nothing of infinity, which would become NaN.
INLINE __m512 rest(__m512 x) {
  return _mm512_maskz_sub_ps((__mmask16)~_mm512_fpclass_ps_mask(x, INFINITE), x, near(x));
}

// Cuts 32 numbers. Int 4 q + i has pair 2 q + i where i is 0 or 1, and pair 8 + 2 q + i - 2 where
// it is 2 or 3.
INLINE __m512i cut(__m512 a, __m512 b) {
  return _mm512_packus_epi32(_mm512_srli_epi32(_mm512_castps_si512(a), 16),
                             _mm512_srli_epi32(_mm512_castps_si512(b), 16));
}

// High, middle and low parts of 32 numbers, in pairs.
INLINE void split(const float *x, __m512i *high, __m512i *middle, __m512i *low) {
  __m512 a = _mm512_loadu_ps(x), b = _mm512_loadu_ps(x + 16);
  *high = cut(a, b);
  a = rest(a);
  b = rest(b);
  *middle = cut(a, b);
  *low = cut(rest(a), rest(b));
}

// Which pair comes first of those with one remainder by 4: the others follow it two by two.
INLINE int pair(int c) { return c < 2 ? c : c + 6; }

// Four vectors of ints: v[c] becomes, in each quarter q, column 4 q + c of all four.
INLINE void transpose_quarters(__m512i *v) {
  __m512i a = _mm512_unpacklo_epi32(v[0], v[1]), b = _mm512_unpackhi_epi32(v[0], v[1]);
  __m512i c = _mm512_unpacklo_epi32(v[2], v[3]), d = _mm512_unpackhi_epi32(v[2], v[3]);
  v[0] = _mm512_unpacklo_epi64(a, c);
  v[1] = _mm512_unpackhi_epi64(a, c);
  v[2] = _mm512_unpacklo_epi64(b, d);
  v[3] = _mm512_unpackhi_epi64(b, d);
}

// Stores the columns of 16 vectors of ints as lines.
INLINE void transpose(__m512i *v, uint16_t *out) {
  for (int i = 0; i < 16; i += 4) transpose_quarters(v + i);
  for (int c = 0; c < 4; c++) {
    __m512i a = _mm512_shuffle_i32x4(v[c], v[4 + c], 0x88);
    __m512i b = _mm512_shuffle_i32x4(v[8 + c], v[12 + c], 0x88);
    _mm512_storeu_si512(out + pair(c) * LINE, _mm512_shuffle_i32x4(a, b, 0x88));
    _mm512_storeu_si512(out + (pair(c) + 4) * LINE, _mm512_shuffle_i32x4(a, b, 0xdd));
    a = _mm512_shuffle_i32x4(v[c], v[4 + c], 0xdd);
    b = _mm512_shuffle_i32x4(v[8 + c], v[12 + c], 0xdd);
    _mm512_storeu_si512(out + (pair(c) + 2) * LINE, _mm512_shuffle_i32x4(a, b, 0x88));
    _mm512_storeu_si512(out + (pair(c) + 6) * LINE, _mm512_shuffle_i32x4(a, b, 0xdd));
  }
}

// Stores the columns of 8 vectors of ints as half lines.
INLINE void transpose_half(__m512i *v, uint16_t *out) {
  const __m512i front = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
  const __m512i back = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
  transpose_quarters(v);
  transpose_quarters(v + 4);
  for (int c = 0; c < 4; c++) {
    __m512i a = _mm512_permutex2var_epi64(v[c], front, v[4 + c]);
    __m512i b = _mm512_permutex2var_epi64(v[c], back, v[4 + c]);
    _mm256_storeu_si256((void *)(out + pair(c) * LINE), _mm512_castsi512_si256(a));
    _mm256_storeu_si256((void *)(out + (pair(c) + 2) * LINE), _mm512_extracti64x4_epi64(a, 1));
    _mm256_storeu_si256((void *)(out + (pair(c) + 4) * LINE), _mm512_castsi512_si256(b));
    _mm256_storeu_si256((void *)(out + (pair(c) + 6) * LINE), _mm512_extracti64x4_epi64(b, 1));
  }
}

// A token alone: in turn the pairs' high, middle and low parts, and zeros.
EXPORT void lfm4j_split_one_amx(const float *x, long columns, uint16_t *out) {
  const __m512i front = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
  const __m512i back = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
  for (long k = 0; k < columns; k += STEP, out += 4 * STEP) {
    __m512i v[4];
    split(x + k, v, v + 1, v + 2);
    v[3] = _mm512_setzero_si512();
    transpose_quarters(v);
    for (int i = 0; i < 4; i += 2) {
      // Quarters of v[i] and v[i + 1] in turn.
      __m512i a = _mm512_permutex2var_epi64(v[i], front, v[i + 1]);
      __m512i b = _mm512_permutex2var_epi64(v[i], back, v[i + 1]);
      _mm512_storeu_si512(out + i * STEP, a);
      _mm512_storeu_si512(out + (i + 1) * STEP, b);
    }
  }
}

// Up to eight tokens, token i at x + at[i]: one half of a group. Zeros for those that are missing.
EXPORT void lfm4j_split_rows_amx(const float *x, const int32_t *at, long count, long columns,
                                 int second, uint16_t *out) {
  for (long k = 0; k < columns; k += STEP, out += 3 * TILE) {
    __m512i v[2 * HALF], low[HALF];
    for (int t = 0; t < HALF; t++) {
      v[t] = v[HALF + t] = low[t] = _mm512_setzero_si512();
      if (t < count) split(x + at[t] + k, v + t, v + HALF + t, low + t);
    }
    transpose(v, out + (second ? 2 * TILE : 0));
    transpose_half(low, out + TILE + (second ? LINE / 2 : 0));
  }
}
