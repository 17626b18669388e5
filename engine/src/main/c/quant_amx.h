// What quant_amx.c and quant_amx_k.c share.

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#include "quant_types.h"

#define TARGET "amx-tile,amx-int8,avx512f,avx512bw,avx512vl,avx512vnni,f16c,fma"
#define AMX __attribute__((target(TARGET)))
#define INLINE static inline __attribute__((always_inline, target(TARGET)))

#define TOKENS 16

// Tokens at a time: as many as the runner has in a block, unless what is kept of them takes more of
// the stack than this.
#define MOST_TOKENS 256
#define TABLE_BYTES (144 << 10)

#define EACH_TOKEN _Pragma("GCC unroll 16") for (int t = 0; t < TOKENS; t++)

typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t bytes[16];
  uint8_t rows[16];
} configuration;

// Scales are those of 32 columns or, for types with blocks of 256, of 256.
typedef struct {
  const int8_t *values; // [count][columns]
  const float *scales;  // [count][columns / 32 or 256]
  const int32_t *sums;  // [count][columns / 16]
  long columns;
} activations;

// Where sums of sixteen rows go.
typedef struct {
  float *out; // of the first token
  long stride;
  __mmask16 rows; // those that there are
  int add;
} target;

// gcc 12's _tile_loadconfig reads eight bytes as far as the compiler knows: it drops the other stores.
INLINE void load_configuration(const configuration *c) { __asm__ volatile("ldtilecfg %0" ::"m"(*c)); }

INLINE __m512 halves(const uint8_t *at) { return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)at)); }

INLINE __m512i line(const uint8_t *lines, int i) { return _mm512_load_si512(lines + i * LINE); }

INLINE __m512i low(__m512i x) { return _mm512_and_si512(x, _mm512_set1_epi8(15)); }

INLINE __m512i high(__m512i x) { return low(_mm512_srli_epi16(x, 4)); }

INLINE target target_of(float *out, long stride, long rows, int add) {
  return (target){out, stride, rows < ROWS ? (__mmask16)((1u << rows) - 1) : 0xffff, add};
}

// Rows of outputs lie far apart, each in other pages: fetched while they are computed.
INLINE void prefetch_out(const target *to, int token, int tokens) {
  for (int t = token; t < token + tokens; t++) {
    __builtin_prefetch(to->out + t * to->stride, 1, 3);
    __builtin_prefetch(to->out + t * to->stride + ROWS - 1, 1, 3);
  }
}

INLINE void put(const target *to, int token, int tokens, float (*sums)[ROWS]) {
  for (int t = 0; t < tokens; t++) {
    float *at = to->out + (token + t) * to->stride;
    __m512 sum = _mm512_load_ps(sums[t]);
    if (to->add) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(to->rows, at), sum);
    _mm512_mask_storeu_ps(at, to->rows, sum);
  }
}

// Products with tokens [from, from + count): whole sixteens, or fewer than that.
typedef void (*block_of)(const uint8_t *w, long rows, const activations *x, long from, int count, float *out,
                         long stride, int add);
void lfm4j_block_Q4_K(const uint8_t *, long, const activations *, long, int, float *, long, int);
void lfm4j_block_Q5_K(const uint8_t *, long, const activations *, long, int, float *, long, int);
void lfm4j_block_Q6_K(const uint8_t *, long, const activations *, long, int, float *, long, int);
