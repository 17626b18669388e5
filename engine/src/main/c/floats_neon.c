// Matrix of BF16 or FP32 times FP32 activations with NEON: Gemv.java and Gemm.java on vectors of four lanes, bit
// for bit. floats_avx2.c says what holds for all of them.

#include <arm_neon.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
#define INLINE static inline __attribute__((always_inline))
#define LANES 4
#define STEP (2 * LANES)

// Streams a part of the range apart: see floats_avx2.c. A token alone takes eight rows, since each has but
// one sum, and processors add to that many at a time.
#define ROWS 4
#define ROWS_ALONE 8

// Sixteen sums, four activations and a weight leave registers over.
#define MOST_TOKENS 4

// Activations that stay in the second-level cache while all rows pass by.
#define BLOCK_FLOATS 98304

typedef struct {
  const float *x; // packed as PackedRows.java says
  long columns;   // of a row, a whole number of steps
  long step;      // from one step of a row to the next
  long odd;       // from the even to the odd columns of a step
} activations;

INLINE uint32x4_t load(const uint8_t *w) { return vreinterpretq_u32_u8(vld1q_u8(w)); }

// The even columns of the step at k. Rows of FP32 are packed already, as PackedRows.java says.
INLINE float32x4_t even(int wide, const uint8_t *w, long k) {
  if (wide) return vreinterpretq_f32_u32(load(w + 4 * k));
  return vreinterpretq_f32_u32(vshlq_n_u32(load(w + 2 * k), 16));
}

INLINE float32x4_t odd(int wide, const uint8_t *w, long k) {
  if (wide) return vreinterpretq_f32_u32(load(w + 4 * (k + LANES)));
  return vreinterpretq_f32_u32(vandq_u32(load(w + 2 * k), vdupq_n_u32(0xffff0000)));
}

INLINE float32x4_t add_lanes(const float32x4_t *v) {
  return vpaddq_f32(vpaddq_f32(v[0], v[1]), vpaddq_f32(v[2], v[3]));
}

// Sums four or eight rows times up to four activation rows; sums[t * rows + r], lanes in Simd.sum's
// order.
INLINE void tile(int wide, const uint8_t *const *w, int rows, const activations *in, long token, int tokens,
                 float *sums) {
  float32x4_t acc[MOST_TOKENS][ROWS_ALONE];
  const float *x[MOST_TOKENS];
  for (int t = 0; t < tokens; t++) {
    x[t] = in->x + (token + t) / 2 * 2 * in->columns + (token + t) % 2 * LANES;
    for (int r = 0; r < rows; r++) acc[t][r] = vdupq_n_f32(0);
  }
  for (long k = 0, at = 0; k < in->columns; k += STEP, at += in->step) {
    float32x4_t v[MOST_TOKENS];
    for (int t = 0; t < tokens; t++) v[t] = vld1q_f32(x[t] + at);
    for (int r = 0; r < rows; r++) {
      float32x4_t m = even(wide, w[r], k);
      for (int t = 0; t < tokens; t++) acc[t][r] = vfmaq_f32(acc[t][r], m, v[t]);
    }
    for (int t = 0; t < tokens; t++) v[t] = vld1q_f32(x[t] + at + in->odd);
    for (int r = 0; r < rows; r++) {
      float32x4_t m = odd(wide, w[r], k);
      for (int t = 0; t < tokens; t++) acc[t][r] = vfmaq_f32(acc[t][r], m, v[t]);
    }
  }
  for (int t = 0; t < tokens; t++) {
    for (int r = 0; r < rows; r += 4) vst1q_f32(sums + t * rows + r, add_lanes(acc[t] + r));
  }
}

INLINE void store(const float *sums, float *out, long apart, int rows, int add) {
  for (int r = 0; r < rows; r++) out[r * apart] = add ? out[r * apart] + sums[r] : sums[r];
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
      case 1: tile(wide, group, ROWS, in, t, 1, sums); break;
      case 2: tile(wide, group, ROWS, in, t, 2, sums); break;
      case 3: tile(wide, group, ROWS, in, t, 3, sums); break;
      default: tile(wide, group, ROWS, in, t, MOST_TOKENS, sums);
    }
    for (int i = 0; i < tokens; i++) store(sums + i * ROWS, out + (t + i) * stride, apart, rows, add);
    t += tokens;
  }
}

// Takes whole eights of rows with the only token; returns how many rows that were.
INLINE long rows_alone(int wide, const uint8_t *w, long rows, const activations *in, float *out, int add) {
  long eighth = rows / ROWS_ALONE;
  for (long r = 0; r < eighth; r++) {
    const uint8_t *group[ROWS_ALONE];
    for (int i = 0; i < ROWS_ALONE; i++) group[i] = w + (i * eighth + r) * row_bytes(wide, in->columns);
    float sums[ROWS_ALONE];
    tile(wide, group, ROWS_ALONE, in, 0, 1, sums);
    store(sums, out + r, eighth, ROWS_ALONE, add);
  }
  return eighth * ROWS_ALONE;
}

// Every 64-bit ARM processor has NEON.
EXPORT int lfm4j_has_neon(void) { return 1; }

// out[t * stride + r] (+)= w[r] . x[t] for r below rows and t below count.
INLINE void all_rows(int wide, const uint8_t *w, long rows, long columns, const float *x, long count, float *out,
                     long stride, int add) {
  activations in = {x, columns, count == 1 ? STEP : 2 * STEP, count == 1 ? LANES : 2 * LANES};
  long block = BLOCK_FLOATS / columns / 12 * 12;
  if (block < 12) block = 12;
  long alone = count == 1 ? rows_alone(wide, w, rows, &in, out, add) : 0;
  w += alone * row_bytes(wide, columns), out += alone, rows -= alone;
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

EXPORT void lfm4j_bf16_rows_neon(const uint8_t *w, long rows, long columns, const float *x, long count,
                                 float *out, long stride, int add) {
  all_rows(0, w, rows, columns, x, count, out, stride, add);
}

EXPORT void lfm4j_f32_rows_neon(const uint8_t *w, long rows, long columns, const float *x, long count,
                                float *out, long stride, int add) {
  all_rows(1, w, rows, columns, x, count, out, stride, add);
}
