// elementwise.h for AVX2.

#include <immintrin.h>

#define LANES 8
#define TARGET target("avx2,fma")
#define FN(name) avx2_##name
#define LIBRARY(name) lfm4j_##name##_avx2

typedef __m256 floats;

#define OP static inline __attribute__((always_inline, TARGET))

OP floats FN(load)(const float *at) { return _mm256_loadu_ps(at); }
OP void FN(store)(float *to, floats x) { _mm256_storeu_ps(to, x); }
OP floats FN(all)(float x) { return _mm256_set1_ps(x); }
OP floats FN(add)(floats a, floats b) { return _mm256_add_ps(a, b); }
OP floats FN(sub)(floats a, floats b) { return _mm256_sub_ps(a, b); }
OP floats FN(mul)(floats a, floats b) { return _mm256_mul_ps(a, b); }
OP floats FN(div)(floats a, floats b) { return _mm256_div_ps(a, b); }
OP floats FN(fma)(floats a, floats b, floats c) { return _mm256_fmadd_ps(a, b, c); }
OP floats FN(min)(floats a, floats b) { return _mm256_min_ps(a, b); }
OP floats FN(max)(floats a, floats b) { return _mm256_max_ps(a, b); }
OP floats FN(negated)(floats x) { return _mm256_xor_ps(x, _mm256_set1_ps(-0.0f)); }
// The greater one, or what is not a number.
OP floats FN(greater)(floats a, floats b) {
  return _mm256_blendv_ps(_mm256_max_ps(a, b), a, _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}
// x times 2 to the number in the low bits of n.
OP floats FN(times_two_to)(floats x, floats n) {
  return _mm256_castsi256_ps(
      _mm256_add_epi32(_mm256_castps_si256(x), _mm256_slli_epi32(_mm256_castps_si256(n), 23)));
}
OP floats FN(zero_below)(floats y, floats x, floats least) {
  return _mm256_andnot_ps(_mm256_cmp_ps(x, least, _CMP_LT_OQ), y);
}

#include "elementwise.h"
