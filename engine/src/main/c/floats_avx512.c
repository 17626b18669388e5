// Matrix of BF16 or FP32 times FP32 activations with AVX-512: Gemv.java and Gemm.java on vectors of sixteen
// lanes, bit for bit. floats_avx2.c says what holds for both; this file has twice the registers, so
// that more activation rows share a weight once it is widened.

#include <immintrin.h>
#include <stdint.h>

#define AVX512 __attribute__((target("avx512f")))
#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline, target("avx512f")))
#define LANES 16
#define STEP (2 * LANES)

// Streams a quarter of the range apart: see floats_avx2.c.
#define ROWS 4

// Sixteen sums whose lanes are added together at the end of a row: they fill one vector. Five or six
// tokens, which the registers have room for too, gain 3 % with 64 tokens and lose as much with eight.
#define MOST_TOKENS 4

// Activations that stay in the second-level cache while all rows pass by.
#define BLOCK_FLOATS 98304

typedef struct {
  const float *x; // packed as PackedRows.java says
  long columns;   // of a row, a whole number of steps
  long step;      // from one step of a row to the next
  long odd;       // from the even to the odd columns of a step
} activations;

// The even columns of the step at k. Rows of FP32 are packed already, as PackedRows.java says.
INLINE __m512 even(int wide, const uint8_t *w, long k) {
  if (wide) return _mm512_loadu_ps(w + 4 * k);
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(w + 2 * k), 16));
}

INLINE __m512 odd(int wide, const uint8_t *w, long k, __m512i mask) {
  if (wide) return _mm512_loadu_ps(w + 4 * (k + LANES));
  return _mm512_castsi512_ps(_mm512_and_si512(_mm512_loadu_si512(w + 2 * k), mask));
}

// In each quarter: a0 + a1, a2 + a3, b0 + b1, b2 + b3.
INLINE __m512 add_pairs(__m512 a, __m512 b) {
  return _mm512_add_ps(_mm512_shuffle_ps(a, b, 0x88), _mm512_shuffle_ps(a, b, 0xdd));
}

// The same with quarters in place of lanes.
INLINE __m512 add_quarters(__m512 a, __m512 b) {
  return _mm512_add_ps(_mm512_shuffle_f32x4(a, b, 0x88), _mm512_shuffle_f32x4(a, b, 0xdd));
}

// Sums four rows times up to four activation rows; sums[t * ROWS + r], lanes in Simd.sum's order.
INLINE void tile(int wide, const uint8_t *const *w, const activations *in, long token, int tokens,
                 float *sums) {
  __m512 acc[MOST_TOKENS][ROWS];
  const float *x[MOST_TOKENS];
  const __m512i mask = _mm512_set1_epi32((int)0xffff0000);
  for (int t = 0; t < tokens; t++) {
    x[t] = in->x + (token + t) / 2 * 2 * in->columns + (token + t) % 2 * LANES;
    for (int r = 0; r < ROWS; r++) acc[t][r] = _mm512_setzero_ps();
  }
  for (long k = 0, at = 0; k < in->columns; k += STEP, at += in->step) {
    __m512 v[MOST_TOKENS];
    for (int t = 0; t < tokens; t++) v[t] = _mm512_loadu_ps(x[t] + at);
    for (int r = 0; r < ROWS; r++) {
      __m512 m = even(wide, w[r], k);
      for (int t = 0; t < tokens; t++) acc[t][r] = _mm512_fmadd_ps(m, v[t], acc[t][r]);
    }
    for (int t = 0; t < tokens; t++) v[t] = _mm512_loadu_ps(x[t] + at + in->odd);
    for (int r = 0; r < ROWS; r++) {
      __m512 m = odd(wide, w[r], k, mask);
      for (int t = 0; t < tokens; t++) acc[t][r] = _mm512_fmadd_ps(m, v[t], acc[t][r]);
    }
  }
  __m512 four[MOST_TOKENS];
  for (int t = 0; t < tokens; t++) {
    four[t] = add_pairs(add_pairs(acc[t][0], acc[t][1]), add_pairs(acc[t][2], acc[t][3]));
  }
  for (int t = tokens; t < MOST_TOKENS; t++) four[t] = four[0];
  _mm512_storeu_ps(
      sums, add_quarters(add_quarters(four[0], four[1]), add_quarters(four[2], four[3])));
}

INLINE long row_bytes(int wide, long columns) { return (wide ? 4 : 2) * columns; }

INLINE void row_group(int wide, const uint8_t *w, long apart, int rows, const activations *in, long from,
                      long to, float *out, long stride, int add) {
  const uint8_t *group[ROWS];
  for (int r = 0; r < ROWS; r++) group[r] = w + (r < rows ? r : 0) * apart * row_bytes(wide, in->columns);
  for (long t = from; t < to;) {
    float sums[MOST_TOKENS * ROWS];
    int tokens = to - t < MOST_TOKENS ? (int)(to - t) : MOST_TOKENS;
    switch (tokens) {
      case 1: tile(wide, group, in, t, 1, sums); break;
      case 2: tile(wide, group, in, t, 2, sums); break;
      case 3: tile(wide, group, in, t, 3, sums); break;
      default: tile(wide, group, in, t, MOST_TOKENS, sums);
    }
    for (int i = 0; i < tokens; i++) {
      float *to_row = out + (t + i) * stride;
      for (int r = 0; r < rows; r++) {
        float sum = sums[i * ROWS + r];
        to_row[r * apart] = add ? to_row[r * apart] + sum : sum;
      }
    }
    t += tokens;
  }
}

EXPORT int lfm4j_has_avx512(void) { return __builtin_cpu_supports("avx512f"); }

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
INLINE void all_rows(int wide, const uint8_t *w, long rows, long columns, const float *x, long count, float *out,
                     long stride, int add) {
  activations in = {x, columns, count == 1 ? STEP : 2 * STEP, count == 1 ? LANES : 2 * LANES};
  long block = BLOCK_FLOATS / columns / 12 * 12;
  if (block < 12) block = 12;
  long quarter = rows / ROWS;
  for (long from = 0; from < count; from += block) {
    long to = count - from > block ? from + block : count;
    for (long r = 0; r < quarter; r++) {
      row_group(wide, w + r * row_bytes(wide, columns), quarter, ROWS, &in, from, to, out + r, stride, add);
    }
    for (long r = quarter * ROWS; r < rows; r++) {
      row_group(wide, w + r * row_bytes(wide, columns), 0, 1, &in, from, to, out + r, stride, add);
    }
  }
}

EXPORT AVX512 void lfm4j_bf16_rows_avx512(const uint8_t *w, long rows, long columns, const float *x, long count,
                                  float *out, long stride, int add) {
  all_rows(0, w, rows, columns, x, count, out, stride, add);
}

EXPORT AVX512 void lfm4j_f32_rows_avx512(const uint8_t *w, long rows, long columns, const float *x, long count,
                                 float *out, long stride, int add) {
  all_rows(1, w, rows, columns, x, count, out, stride, add);
}
