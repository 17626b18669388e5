// quant.h for NEON with dot products: eight rows in a pair of vectors. So two dot products share each
// activation that is loaded, and the sums of four tokens still fit into the registers.

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

#include "quant_types.h"

#define LANES 8
#define TOKENS 4
#define AHEAD 1024
// Q8_0 keeps its sign.
#define EIGHT_BIT_ZERO 0
#define DOTS_IN_16_BITS 0
#ifdef __ARM_FEATURE_DOTPROD
#define TARGET // the compiler may use them everywhere
#else
#define TARGET target("arch=armv8.2-a+dotprod")
#endif
#define TARGET_ATTRIBUTE __attribute__((TARGET))
#define FN(name) dotprod_##name

#ifndef __clang__
// GCC would load lines so far ahead that it has to put them aside for want of registers.
#pragma GCC optimize("no-schedule-insns")
#endif

// Bytes or whole numbers of 32 bits.
typedef struct {
  int32x4_t a, b;
} ints;
typedef struct {
  float32x4_t a, b;
} floats;

#define OP static inline __attribute__((always_inline, TARGET))
#define BYTES(x) vreinterpretq_u8_s32(x)
#define INTS(x) vreinterpretq_s32_u8(x)
#define DOT(sum, w, x) vdotq_lane_s32(sum, vreinterpretq_s8_s32(w), x, 0)

OP ints FN(load)(const uint8_t *at) {
  return (ints){INTS(vld1q_u8(at)), INTS(vld1q_u8(at + 16))};
}
// Four columns of a token, which an instruction takes for all lanes.
OP int8x8_t FN(four)(const int8_t *at) {
  int32_t bytes;
  memcpy(&bytes, at, 4);
  return vreinterpret_s8_s32(vset_lane_s32(bytes, vdup_n_s32(0), 0));
}
OP ints FN(all_ints)(int32_t x) { return (ints){vdupq_n_s32(x), vdupq_n_s32(x)}; }
OP ints FN(no_ints)(void) { return FN(all_ints)(0); }
// Weights of up to six bits are below 128, so that they may have a sign.
OP ints FN(signed_dot)(ints sum, ints w, int8x8_t x) {
  return (ints){DOT(sum.a, w.a, x), DOT(sum.b, w.b, x)};
}
OP void FN(dot)(ints *sum, ints *pairs, ints w, int8x8_t x) {
  (void)pairs;
  *sum = FN(signed_dot)(*sum, w, x);
}
OP void FN(settle_one)(ints *sum, ints *pairs) { (void)sum, (void)pairs; }
OP void FN(scale_one)(ints *sum, ints *dots, ints *pairs, ints scale) {
  (void)pairs;
  *sum = (ints){vmlaq_s32(sum->a, dots->a, scale.a), vmlaq_s32(sum->b, dots->b, scale.b)};
  *dots = FN(no_ints)();
}
// Two products of 16 bits in each lane; all lanes of x are the same.
OP int32x4_t FN(pair_dot_four)(int32x4_t sum, int32x4_t w, int16x4_t x) {
  sum = vmlal_lane_s16(sum, vmovn_s32(w), x, 0);
  return vmlal_lane_s16(sum, vshrn_n_s32(w, 16), x, 1);
}
OP ints FN(pair_dot)(ints sum, ints w, ints x) {
  int16x4_t pair = vreinterpret_s16_s32(vget_low_s32(x.a));
  return (ints){FN(pair_dot_four)(sum.a, w.a, pair), FN(pair_dot_four)(sum.b, w.b, pair)};
}
OP ints FN(minus_32_times)(ints a, ints b) { return (void)b, a; }
OP ints FN(low)(ints line) {
  uint8x16_t mask = vdupq_n_u8(15);
  return (ints){INTS(vandq_u8(BYTES(line.a), mask)), INTS(vandq_u8(BYTES(line.b), mask))};
}
OP ints FN(high)(ints line) {
  return (ints){INTS(vshrq_n_u8(BYTES(line.a), 4)), INTS(vshrq_n_u8(BYTES(line.b), 4))};
}
// Takes the bits of `mask` from `upper`, moved to the left, or to the right if `by` is negative.
OP int32x4_t FN(with_bits)(int32x4_t value, int32x4_t upper, int by, uint8_t mask) {
  uint8x16_t moved = vshlq_u8(BYTES(upper), vdupq_n_s8((int8_t)by));
  return INTS(vbslq_u8(vdupq_n_u8(mask), moved, BYTES(value)));
}
OP ints FN(with_bit)(ints value, ints upper, int bit) {
  return (ints){FN(with_bits)(value.a, upper.a, 4 - bit, 16), FN(with_bits)(value.b, upper.b, 4 - bit, 16)};
}
OP ints FN(with_two)(ints value, ints upper, int pair) {
  return (ints){FN(with_bits)(value.a, upper.a, 4 - 2 * pair, 48),
                FN(with_bits)(value.b, upper.b, 4 - 2 * pair, 48)};
}
OP floats FN(to_floats)(ints x) { return (floats){vcvtq_f32_s32(x.a), vcvtq_f32_s32(x.b)}; }
OP floats FN(all_floats)(const float *x) { return (floats){vdupq_n_f32(*x), vdupq_n_f32(*x)}; }
OP floats FN(no_floats)(void) { return (floats){vdupq_n_f32(0), vdupq_n_f32(0)}; }
OP floats FN(times)(floats a, floats b) { return (floats){vmulq_f32(a.a, b.a), vmulq_f32(a.b, b.b)}; }
OP floats FN(fma)(floats a, floats b, floats c) {
  return (floats){vfmaq_f32(c.a, a.a, b.a), vfmaq_f32(c.b, a.b, b.b)};
}
OP floats FN(fma_minus)(floats a, floats b, floats c) {
  return (floats){vfmaq_f32(vnegq_f32(c.a), a.a, b.a), vfmaq_f32(vnegq_f32(c.b), a.b, b.b)};
}
OP floats FN(halves)(const uint8_t *at) {
  float16x8_t x = vreinterpretq_f16_u8(vld1q_u8(at));
  return (floats){vcvt_f32_f16(vget_low_f16(x)), vcvt_high_f32_f16(x)};
}
// Signed bytes of two places side by side, in 16 bits: minima without sign have six bits.
OP ints FN(byte_pairs)(const uint8_t *first, const uint8_t *second) {
  int8x16_t x = vreinterpretq_s8_u8(vcombine_u8(vzip1_u8(vld1_u8(first), vld1_u8(second)),
                                                vzip2_u8(vld1_u8(first), vld1_u8(second))));
  return (ints){vreinterpretq_s32_s16(vmovl_s8(vget_low_s8(x))), vreinterpretq_s32_s16(vmovl_high_s8(x))};
}
// As they are multiplied by dots.
OP ints FN(scales)(const uint8_t *at) {
  int16x8_t x = vmovl_s8(vreinterpret_s8_u8(vld1_u8(at)));
  return (ints){vmovl_s16(vget_low_s16(x)), vmovl_high_s16(x)};
}
OP void FN(store)(float *to, floats x) { vst1q_f32(to, x.a), vst1q_f32(to + 4, x.b); }
OP void FN(prefetch)(const uint8_t *at) { __builtin_prefetch(at); }

#include "quant.h"

#define ALL(type) TILES(type, 1) TILES(type, 2) TILES(type, 3) TILES(type, 4)
ALL(Q8_0) ALL(Q4_0) ALL(Q4_K) ALL(Q5_K) ALL(Q6_K)

#define BY_TOKENS(type) \
  { FN(tiles_##type##_1), FN(tiles_##type##_2), FN(tiles_##type##_3), FN(tiles_##type##_4) }

typedef void (*FN(tiles))(const uint8_t *, long, const FN(rows) *, long, const int32_t *, float *, long, int);
static const FN(tiles) FN(kernels)[5][TOKENS] = {BY_TOKENS(Q8_0), BY_TOKENS(Q4_0), BY_TOKENS(Q4_K),
                                                 BY_TOKENS(Q5_K), BY_TOKENS(Q6_K)};

// Only Linux runs on processors that lack them.
__attribute__((visibility("default"))) int lfm4j_has_dotprod(void) {
#ifdef __linux__
  return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#else
  return 1;
#endif
}

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
__attribute__((visibility("default"), TARGET)) void lfm4j_quant_rows_dotprod(
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
