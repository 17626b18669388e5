// Activations in eight bits with NEON: QuantRows.java, bit for bit.

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

#define OP static inline __attribute__((always_inline))

// The greatest magnitude, found as a whole number: so a value that is no number wins.
OP float greatest(const float *x, long count) {
  uint32x4_t most = vdupq_n_u32(0);
  for (long i = 0; i < count; i += 4) {
    most = vmaxq_u32(most, vreinterpretq_u32_f32(vabsq_f32(vld1q_f32(x + i))));
  }
  return vget_lane_f32(vreinterpret_f32_u32(vdup_n_u32(vmaxvq_u32(most))), 0);
}

// Four values, ties to even, in 16 bits.
OP int16x4_t whole(const float *x, float inverse) {
  return vmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x), inverse)));
}

// Quantises 16 values and sums them.
OP void quantise(const float *x, float inverse, int8_t *values, int32_t *sum) {
  int16x8_t low = vcombine_s16(whole(x, inverse), whole(x + 4, inverse));
  int16x8_t high = vcombine_s16(whole(x + 8, inverse), whole(x + 12, inverse));
  int8x16_t bytes = vcombine_s8(vmovn_s16(low), vmovn_s16(high));
  vst1q_s8(values, bytes);
  *sum = vaddlvq_s8(bytes);
}

// Quantises groups of `length` values, a multiple of 32, that share a scale: their values, scale and
// sums of sixteen.
__attribute__((visibility("default"))) void lfm4j_quantise_neon(
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
    for (long i = 0; i < length; i += 16) quantise(x + i, inverse, values + i, sums + i / 16);
  }
}
