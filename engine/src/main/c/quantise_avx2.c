// Activations in eight bits with AVX2: QuantRows.java, bit for bit.

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))
#define OP static inline __attribute__((always_inline, target("avx2")))

// The greatest magnitude, found as a whole number: so a value that is no number wins.
OP float greatest(const float *x, long count) {
  const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
  __m256i most = _mm256_setzero_si256();
  for (long i = 0; i < count; i += 8) {
    __m256i bits = _mm256_loadu_si256((const __m256i *)(x + i));
    most = _mm256_max_epi32(most, _mm256_and_si256(bits, magnitude));
  }
  __m128i half = _mm_max_epi32(_mm256_castsi256_si128(most), _mm256_extracti128_si256(most, 1));
  half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4e));
  half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0xb1));
  return _mm_cvtss_f32(_mm_castsi128_ps(half));
}

OP __m256i whole(const float *x, __m256 inverse) {
  return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), inverse));
}

// Quantises 32 values and sums each sixteen of them.
OP void quantise(const float *x, __m256 inverse, int8_t *values, int32_t *sums) {
  const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i offset = _mm256_set1_epi8(-128);
  __m256i low = _mm256_packs_epi32(whole(x, inverse), whole(x + 8, inverse));
  __m256i high = _mm256_packs_epi32(whole(x + 16, inverse), whole(x + 24, inverse));
  __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), in_order);
  _mm256_storeu_si256((__m256i *)values, bytes);
  // Sums of eight values plus 128 each.
  __m256i eights = _mm256_sad_epu8(_mm256_xor_si256(bytes, offset), _mm256_setzero_si256());
  sums[0] = (int)_mm256_extract_epi64(eights, 0) + (int)_mm256_extract_epi64(eights, 1) - 16 * 128;
  sums[1] = (int)_mm256_extract_epi64(eights, 2) + (int)_mm256_extract_epi64(eights, 3) - 16 * 128;
}

// Quantises groups of `length` values, a multiple of 32, that share a scale: their values, scale and
// sums of sixteen.
__attribute__((visibility("default"))) AVX2 void lfm4j_quantise_avx2(
    const float *x, long length, long groups, int8_t *values, float *scales, int32_t *sums) {
  for (long g = 0; g < groups; g++, x += length, values += length, sums += length / 16) {
    float most = greatest(x, length);
    scales[g] = most / 127;
    if (!(most < __builtin_inff())) {
      // With an infinite scale values don't matter, but they have to be the same everywhere.
      memset(values, 0, length);
      memset(sums, 0, length / 16 * sizeof *sums);
      continue;
    }
    float inverse = most == 0 ? 0 : 127 / most;
    if (inverse == __builtin_inff()) inverse = 0;
    __m256 all = _mm256_set1_ps(inverse);
    for (long i = 0; i < length; i += 32) quantise(x + i, all, values + i, sums + i / 16);
  }
}
