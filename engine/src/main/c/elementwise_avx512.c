// elementwise.h for AVX-512.

#include <immintrin.h>

#define LANES 16
#define TARGET target("avx512f,fma")
#define FN(name) avx512_##name
#define LIBRARY(name) lfm4j_##name##_avx512

typedef __m512 floats;

#define OP static inline __attribute__((always_inline, TARGET))

OP floats FN(load)(const float *at) { return _mm512_loadu_ps(at); }
OP void FN(store)(float *to, floats x) { _mm512_storeu_ps(to, x); }
OP floats FN(all)(float x) { return _mm512_set1_ps(x); }
OP floats FN(add)(floats a, floats b) { return _mm512_add_ps(a, b); }
OP floats FN(sub)(floats a, floats b) { return _mm512_sub_ps(a, b); }
OP floats FN(mul)(floats a, floats b) { return _mm512_mul_ps(a, b); }
OP floats FN(div)(floats a, floats b) { return _mm512_div_ps(a, b); }
OP floats FN(fma)(floats a, floats b, floats c) { return _mm512_fmadd_ps(a, b, c); }
OP floats FN(min)(floats a, floats b) { return _mm512_min_ps(a, b); }
OP floats FN(max)(floats a, floats b) { return _mm512_max_ps(a, b); }
OP floats FN(negated)(floats x) {
  return _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(x), _mm512_set1_epi32(1 << 31)));
}
// The greater one, or what is not a number.
OP floats FN(greater)(floats a, floats b) {
  return _mm512_mask_mov_ps(_mm512_max_ps(a, b), _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), a);
}
// x times 2 to the number in the low bits of n.
OP floats FN(times_two_to)(floats x, floats n) {
  return _mm512_castsi512_ps(
      _mm512_add_epi32(_mm512_castps_si512(x), _mm512_slli_epi32(_mm512_castps_si512(n), 23)));
}
OP floats FN(zero_below)(floats y, floats x, floats least) {
  return _mm512_mask_mov_ps(y, _mm512_cmp_ps_mask(x, least, _CMP_LT_OQ), _mm512_setzero_ps());
}

#include "elementwise.h"
