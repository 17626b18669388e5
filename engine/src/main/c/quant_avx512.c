// quant.h for AVX-512 with VNNI: sixteen rows in a vector.

#include <immintrin.h>
#include <stdint.h>

#include "quant_types.h"

#define LANES 16
#define TOKENS 8
#define AHEAD 1024
// Q8_0 is made a number without sign by adding 128.
#define EIGHT_BIT_ZERO -128
#define DOTS_IN_16_BITS 0
#define TARGET target("avx512f,avx512bw,avx512vl,avx512vnni,f16c,fma")
#define TARGET_ATTRIBUTE __attribute__((TARGET))
#define FN(name) avx512_##name

typedef __m512i ints;
typedef __m512 floats;

#define OP static inline __attribute__((always_inline, TARGET))

OP ints FN(load)(const uint8_t *at) { return _mm512_loadu_si512(at); }
OP ints FN(four)(const int8_t *at) { return _mm512_set1_epi32(*(const int32_t *)at); }
OP ints FN(all_ints)(int32_t x) { return _mm512_set1_epi32(x); }
OP ints FN(no_ints)(void) { return _mm512_setzero_si512(); }
OP void FN(dot)(ints *sum, ints *pairs, ints w, ints x) {
  (void)pairs;
  *sum = _mm512_dpbusd_epi32(*sum, w, x);
}
OP void FN(settle_one)(ints *sum, ints *pairs) { (void)sum, (void)pairs; }
OP void FN(scale_one)(ints *sum, ints *dots, ints *pairs, ints scale) {
  (void)pairs;
  *sum = _mm512_add_epi32(*sum, _mm512_mullo_epi32(*dots, scale));
  *dots = _mm512_setzero_si512();
}
OP ints FN(pair_dot)(ints sum, ints w, ints x) { return _mm512_dpwssd_epi32(sum, w, x); }
OP ints FN(minus_32_times)(ints a, ints b) { return (void)b, a; }
OP ints FN(signed_dot)(ints sum, ints w, ints x) {
  return _mm512_dpbusd_epi32(sum, _mm512_xor_si512(w, _mm512_set1_epi8(-128)), x);
}
OP ints FN(low)(ints line) { return _mm512_and_si512(line, _mm512_set1_epi8(15)); }
OP ints FN(high)(ints line) { return FN(low)(_mm512_srli_epi16(line, 4)); }
OP ints FN(with_bit)(ints value, ints upper, int bit) {
  ints fifth = bit < 4 ? _mm512_slli_epi16(upper, 4 - bit) : _mm512_srli_epi16(upper, bit - 4);
  // value | (fifth & 16)
  return _mm512_ternarylogic_epi32(value, fifth, _mm512_set1_epi8(16), 0xf8);
}
OP ints FN(with_two)(ints value, ints upper, int pair) {
  ints top = pair < 2 ? _mm512_slli_epi16(upper, 4 - 2 * pair) : _mm512_srli_epi16(upper, 2 * pair - 4);
  return _mm512_ternarylogic_epi32(value, top, _mm512_set1_epi8(48), 0xf8);
}
OP floats FN(to_floats)(ints x) { return _mm512_cvtepi32_ps(x); }
OP floats FN(all_floats)(const float *x) { return _mm512_set1_ps(*x); }
OP floats FN(no_floats)(void) { return _mm512_setzero_ps(); }
OP floats FN(times)(floats a, floats b) { return _mm512_mul_ps(a, b); }
OP floats FN(fma)(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
OP floats FN(fma_minus)(floats a, floats b, floats c) { return _mm512_fmsub_ps(a, b, c); }
OP floats FN(halves)(const uint8_t *at) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)at)); }
// Signed bytes of two places side by side, in 16 bits: minima without sign have six bits.
OP ints FN(byte_pairs)(const uint8_t *first, const uint8_t *second) {
  __m128i a = _mm_loadu_si128((const void *)first), b = _mm_loadu_si128((const void *)second);
  return _mm512_cvtepi8_epi16(_mm256_set_m128i(_mm_unpackhi_epi8(a, b), _mm_unpacklo_epi8(a, b)));
}
// As they are multiplied by dots.
OP ints FN(scales)(const uint8_t *at) { return _mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)at)); }
OP void FN(store)(float *to, floats x) { _mm512_storeu_ps(to, x); }
OP void FN(prefetch)(const uint8_t *at) { _mm_prefetch((const char *)at, _MM_HINT_T0); }

#include "quant.h"

#define ALL(type) \
  TILES(type, 1) TILES(type, 2) TILES(type, 3) TILES(type, 4) TILES(type, 6) TILES(type, 8)
ALL(Q8_0) ALL(Q4_0) ALL(Q4_K) ALL(Q5_K) ALL(Q6_K)

#define BY_TOKENS(type)                                                          \
  {                                                                              \
    FN(tiles_##type##_1), FN(tiles_##type##_2), FN(tiles_##type##_3),            \
        FN(tiles_##type##_4), FN(tiles_##type##_4), FN(tiles_##type##_6),        \
        FN(tiles_##type##_6), FN(tiles_##type##_8)                               \
  }

typedef void (*FN(tiles))(const uint8_t *, long, const FN(rows) *, long, const int32_t *, float *, long, int);
static const FN(tiles) FN(kernels)[5][8] = {BY_TOKENS(Q8_0), BY_TOKENS(Q4_0), BY_TOKENS(Q4_K),
                                            BY_TOKENS(Q5_K), BY_TOKENS(Q6_K)};
static const int FN(steps)[8] = {1, 2, 3, 4, 4, 6, 6, 8};

__attribute__((visibility("default"))) int lfm4j_has_avx512vnni(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
__attribute__((visibility("default"), TARGET)) void lfm4j_quant_rows_avx512vnni(
    int type, const uint8_t *w, long rows, long columns, const int8_t *values, const float *scales,
    const int32_t *sums, long count, float *out, long stride, int add) {
  FN(rows) x = {values, scales, sums, columns};
  int32_t extra[TOKENS * columns / 16];
  for (long t = 0; t < count;) {
    int left = count - t < TOKENS ? (int)(count - t) : TOKENS;
    int step = FN(steps)[left - 1];
    FN(prepare)(type, &x, t, step, extra);
    FN(kernels)[type][left - 1](w, rows, &x, t, extra, out + t * stride, stride, add);
    t += step;
  }
}
