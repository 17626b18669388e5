// elementwise.h for NEON.

#include <arm_neon.h>
#include <stdint.h>

#define LANES 4
#define TARGET // every 64-bit ARM processor has it
#define FN(name) neon_##name
#define LIBRARY(name) lfm4j_##name##_neon

typedef float32x4_t floats;

#define OP static inline __attribute__((always_inline))

OP floats FN(load)(const float *at) { return vld1q_f32(at); }
OP void FN(store)(float *to, floats x) { vst1q_f32(to, x); }
OP floats FN(all)(float x) { return vdupq_n_f32(x); }
OP floats FN(add)(floats a, floats b) { return vaddq_f32(a, b); }
OP floats FN(sub)(floats a, floats b) { return vsubq_f32(a, b); }
OP floats FN(mul)(floats a, floats b) { return vmulq_f32(a, b); }
OP floats FN(div)(floats a, floats b) { return vdivq_f32(a, b); }
OP floats FN(fma)(floats a, floats b, floats c) { return vfmaq_f32(c, a, b); }
// All three give what is not a number, whichever argument it is.
OP floats FN(min)(floats a, floats b) { return vminq_f32(a, b); }
OP floats FN(max)(floats a, floats b) { return vmaxq_f32(a, b); }
OP floats FN(greater)(floats a, floats b) { return vmaxq_f32(a, b); }
OP floats FN(negated)(floats x) { return vnegq_f32(x); }
// x times 2 to the number in the low bits of n.
OP floats FN(times_two_to)(floats x, floats n) {
  return vreinterpretq_f32_s32(
      vaddq_s32(vreinterpretq_s32_f32(x), vshlq_n_s32(vreinterpretq_s32_f32(n), 23)));
}
OP floats FN(zero_below)(floats y, floats x, floats least) {
  return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(y), vcltq_f32(x, least)));
}

#include "elementwise.h"
