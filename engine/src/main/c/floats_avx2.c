// Matrix of BF16 or FP32 times FP32 activations with AVX2 and FMA: Gemv.java and Gemm.java, bit for bit.
//
// Each output has one accumulator of eight lanes, which takes the even columns of a step of 16 and
// then its odd ones; the lanes are added in the order of Simd.sum. Whoever changes that order
// changes the bits, and a token's result would depend on how many came with it.

#include <immintrin.h>
#include <stdint.h>

#define AVX2 __attribute__((target("avx2,fma")))
#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline, target("avx2,fma")))
#define LANES 8
#define STEP (2 * LANES)

// Four rows a quarter of the range apart are read together: four streams that each run on make the
// hardware prefetcher deliver twice as much as four neighbouring rows.
#define ROWS 4

// Twelve sums, three activations and one weight vector are all sixteen registers.
#define MOST_TOKENS 3

// Activations that stay in the second-level cache while all rows pass by.
#define BLOCK_FLOATS 49152

static const uint32_t HIGH_HALF[LANES] __attribute__((aligned(32))) = {
    0xffff0000, 0xffff0000, 0xffff0000, 0xffff0000,
    0xffff0000, 0xffff0000, 0xffff0000, 0xffff0000};

typedef struct {
  const float *x; // packed as PackedRows.java says
  long columns;   // of a row, a whole number of steps
  long step;      // from one step of a row to the next
  long odd;       // from the even to the odd columns of a step
} activations;

INLINE __m256i load(const uint8_t *w) { return _mm256_loadu_si256((const __m256i *)w); }

// The even columns of the step at k. Rows of FP32 are packed already, as PackedRows.java says.
INLINE __m256 even(int wide, const uint8_t *w, long k) {
  if (wide) return _mm256_castsi256_ps(load(w + 4 * k));
  return _mm256_castsi256_ps(_mm256_slli_epi32(load(w + 2 * k), 16));
}

INLINE __m256 odd(int wide, const uint8_t *w, long k, const uint32_t *mask) {
  if (wide) return _mm256_castsi256_ps(load(w + 4 * (k + LANES)));
  return _mm256_castsi256_ps(_mm256_and_si256(load(w + 2 * k), *(const __m256i *)mask));
}

INLINE __m128 add_lanes(__m256 a, __m256 b, __m256 c, __m256 d) {
  __m256 all = _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
  return _mm_add_ps(_mm256_castps256_ps128(all), _mm256_extractf128_ps(all, 1));
}

// Sums four rows times up to three activation rows.
INLINE void tile(int wide, const uint8_t *const *w, const activations *in, long token, int tokens,
                 __m128 *sums) {
  __m256 acc[MOST_TOKENS][ROWS];
  const float *x[MOST_TOKENS];
  for (int t = 0; t < tokens; t++) {
    x[t] = in->x + (token + t) / 2 * 2 * in->columns + (token + t) % 2 * LANES;
    for (int r = 0; r < ROWS; r++) acc[t][r] = _mm256_setzero_ps();
  }
  for (long k = 0, at = 0; k < in->columns; k += STEP, at += in->step) {
    // Kept in memory: a register for the mask would push a sum out of the last one.
    const uint32_t *mask = HIGH_HALF;
    __asm__ volatile("" : "+r"(mask));
    __m256 v[MOST_TOKENS];
    for (int t = 0; t < tokens; t++) v[t] = _mm256_loadu_ps(x[t] + at);
    for (int r = 0; r < ROWS; r++) {
      __m256 m = even(wide, w[r], k);
      for (int t = 0; t < tokens; t++) acc[t][r] = _mm256_fmadd_ps(m, v[t], acc[t][r]);
    }
    for (int t = 0; t < tokens; t++) v[t] = _mm256_loadu_ps(x[t] + at + in->odd);
    for (int r = 0; r < ROWS; r++) {
      __m256 m = odd(wide, w[r], k, mask);
      for (int t = 0; t < tokens; t++) acc[t][r] = _mm256_fmadd_ps(m, v[t], acc[t][r]);
    }
  }
  for (int t = 0; t < tokens; t++) {
    sums[t] = add_lanes(acc[t][0], acc[t][1], acc[t][2], acc[t][3]);
  }
}

// Three tokens at a time; four are two pairs, since one alone wastes the most.
INLINE int tile_tokens(long left) { return left == 4 ? 2 : left >= 3 ? 3 : (int)left; }

INLINE void store(__m128 sums, float *out, long apart, int rows, int add) {
  float four[ROWS];
  _mm_storeu_ps(four, sums);
  for (int r = 0; r < rows; r++) {
    float *to = out + r * apart;
    *to = add ? *to + four[r] : four[r];
  }
}

INLINE long row_bytes(int wide, long columns) { return (wide ? 4 : 2) * columns; }

INLINE void row_group(int wide, const uint8_t *w, long apart, int rows, const activations *in, long from,
                      long to, float *out, long stride, int add) {
  const uint8_t *group[ROWS];
  for (int r = 0; r < ROWS; r++) group[r] = w + (r < rows ? r : 0) * apart * row_bytes(wide, in->columns);
  for (long t = from; t < to;) {
    __m128 sums[MOST_TOKENS];
    int tokens = tile_tokens(to - t);
    switch (tokens) {
      case 1: tile(wide, group, in, t, 1, sums); break;
      case 2: tile(wide, group, in, t, 2, sums); break;
      default: tile(wide, group, in, t, 3, sums);
    }
    for (int i = 0; i < tokens; i++) store(sums[i], out + (t + i) * stride, apart, rows, add);
    t += tokens;
  }
}

EXPORT int lfm4j_has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
INLINE void all_rows(int wide, const uint8_t *w, long rows, long columns, const float *x, long count, float *out,
                     long stride, int add) {
  activations in = {x, columns, count == 1 ? STEP : 2 * STEP, count == 1 ? LANES : 2 * LANES};
  long block = BLOCK_FLOATS / columns / 6 * 6;
  if (block < 6) block = 6;
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

EXPORT AVX2 void lfm4j_bf16_rows_avx2(const uint8_t *w, long rows, long columns, const float *x, long count,
                                  float *out, long stride, int add) {
  all_rows(0, w, rows, columns, x, count, out, stride, add);
}

EXPORT AVX2 void lfm4j_f32_rows_avx2(const uint8_t *w, long rows, long columns, const float *x, long count,
                                 float *out, long stride, int add) {
  all_rows(1, w, rows, columns, x, count, out, stride, add);
}
