// quant.h for AVX2: eight rows in a vector.

#include <immintrin.h>
#include <stdint.h>

#include "quant_types.h"

#define LANES 8
#define TOKENS 4
#define AHEAD 1024
// Q8_0 keeps its sign.
#define EIGHT_BIT_ZERO 0
#define DOTS_IN_16_BITS 1
#define TARGET target("avx2,fma,f16c")
#define TARGET_ATTRIBUTE __attribute__((TARGET))
#define FN(name) avx2_##name

typedef __m256i ints;
typedef __m256 floats;

#define OP static inline __attribute__((always_inline, TARGET))

OP ints FN(load)(const uint8_t *at) { return _mm256_loadu_si256((const void *)at); }
OP ints FN(four)(const int8_t *at) { return _mm256_set1_epi32(*(const int32_t *)at); }
OP ints FN(all_ints)(int32_t x) { return _mm256_set1_epi32(x); }
OP ints FN(no_ints)(void) { return _mm256_setzero_si256(); }
// Two products are at most 2 * 15 * 127 for weights of four bits, of which eight fit into 16 bits,
// 2 * 31 * 127 for five bits (four fit) and 2 * 63 * 127 for six (two fit).
OP void FN(dot)(ints *sum, ints *pairs, ints w, ints x) {
  (void)sum;
  *pairs = _mm256_add_epi16(*pairs, _mm256_maddubs_epi16(w, x));
}
OP void FN(settle_one)(ints *sum, ints *pairs) {
  *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*pairs, _mm256_set1_epi16(1)));
  *pairs = _mm256_setzero_si256();
}
OP void FN(scale_one)(ints *sum, ints *dots, ints *pairs, ints scale) {
  (void)dots;
  *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(*pairs, scale));
  *pairs = _mm256_setzero_si256();
}
OP ints FN(pair_dot)(ints sum, ints w, ints x) { return _mm256_add_epi32(sum, _mm256_madd_epi16(w, x)); }
OP ints FN(minus_32_times)(ints a, ints b) { return _mm256_sub_epi32(a, _mm256_slli_epi32(b, 5)); }
// |w| may be 128 and |x| 127: two products are at most 2 * 128 * 127, still below 2^15.
OP ints FN(signed_dot)(ints sum, ints w, ints x) {
  ints pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
OP ints FN(low)(ints line) { return _mm256_and_si256(line, _mm256_set1_epi8(15)); }
OP ints FN(high)(ints line) { return FN(low)(_mm256_srli_epi16(line, 4)); }
OP ints FN(with_bit)(ints value, ints upper, int bit) {
  ints fifth = bit < 4 ? _mm256_slli_epi16(upper, 4 - bit) : _mm256_srli_epi16(upper, bit - 4);
  return _mm256_or_si256(value, _mm256_and_si256(fifth, _mm256_set1_epi8(16)));
}
OP ints FN(with_two)(ints value, ints upper, int pair) {
  ints top = pair < 2 ? _mm256_slli_epi16(upper, 4 - 2 * pair) : _mm256_srli_epi16(upper, 2 * pair - 4);
  return _mm256_or_si256(value, _mm256_and_si256(top, _mm256_set1_epi8(48)));
}
OP floats FN(to_floats)(ints x) { return _mm256_cvtepi32_ps(x); }
OP floats FN(all_floats)(const float *x) { return _mm256_broadcast_ss(x); }
OP floats FN(no_floats)(void) { return _mm256_setzero_ps(); }
OP floats FN(times)(floats a, floats b) { return _mm256_mul_ps(a, b); }
OP floats FN(fma)(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }
OP floats FN(fma_minus)(floats a, floats b, floats c) { return _mm256_fmsub_ps(a, b, c); }
OP floats FN(halves)(const uint8_t *at) { return _mm256_cvtph_ps(_mm_loadu_si128((const void *)at)); }
// Signed bytes of two places side by side, in 16 bits: scales and minima without sign have six bits.
OP ints FN(byte_pairs)(const uint8_t *first, const uint8_t *second) {
  __m128i a = _mm_loadl_epi64((const void *)first), b = _mm_loadl_epi64((const void *)second);
  return _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(a, b));
}
// As they are multiplied by dots: here for both halves of a pair.
OP ints FN(scales)(const uint8_t *at) { return FN(byte_pairs)(at, at); }
OP void FN(store)(float *to, floats x) { _mm256_storeu_ps(to, x); }
OP void FN(prefetch)(const uint8_t *at) { _mm_prefetch((const char *)at, _MM_HINT_T0); }

#include "quant.h"

#define ALL(type) TILES(type, 1) TILES(type, 2) TILES(type, 3) TILES(type, 4)
ALL(Q8_0) ALL(Q4_0) ALL(Q4_K) ALL(Q5_K) ALL(Q6_K)

#define BY_TOKENS(type) \
  { FN(tiles_##type##_1), FN(tiles_##type##_2), FN(tiles_##type##_3), FN(tiles_##type##_4) }

typedef void (*FN(tiles))(const uint8_t *, long, const FN(rows) *, long, const int32_t *, float *, long, int);
static const FN(tiles) FN(kernels)[5][TOKENS] = {BY_TOKENS(Q8_0), BY_TOKENS(Q4_0), BY_TOKENS(Q4_K),
                                                 BY_TOKENS(Q5_K), BY_TOKENS(Q6_K)};

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
__attribute__((visibility("default"), TARGET)) void lfm4j_quant_rows_avx2(
    int type, const uint8_t *w, long rows, long columns, const int8_t *values, const float *scales,
    const int32_t *sums, long count, float *out, long stride, int add) {
  FN(rows) x = {values, scales, sums, columns};
  int32_t extra[TOKENS * columns / 16];
  for (long t = 0; t < count; t += TOKENS) {
    int left = count - t < TOKENS ? (int)(count - t) : TOKENS;
    FN(prepare)(type, &x, t, left, extra);
    FN(kernels)[type][left - 1](w, rows, &x, t, extra, out + t * stride, stride, add);
  }
}
