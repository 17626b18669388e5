// Quantised weights times activations in eight bits, for any width of vectors: QuantMatMul.java,
// bit for bit. A file of one instruction set defines, with FN(name) for its own names,
//
//   LANES            rows in a vector, 8 or 16
//   TOKENS           most rows of activations at a time
//   DOTS_IN_16_BITS  whether dots are first added in 16 bits, and overflow soon
//   TARGET           what the compiler may use
//   ints, floats     vectors, and the functions on them that are used here
//
// and then includes this.

#define HALVES (ROWS / LANES)

// Scales are those of 32 columns or, for types with blocks of 256, of 256.
typedef struct {
  const int8_t *values; // [count][columns]
  const float *scales;  // [count][columns / 32 or 256]
  const int32_t *sums;  // [count][columns / 16]
  long columns;
} FN(rows);

#define INLINE static inline __attribute__((always_inline, TARGET))

// Two numbers in 16 bits each.
INLINE int32_t FN(pair)(int32_t first, int32_t second) {
  return (int32_t)((uint32_t)second << 16 | (uint16_t)first);
}

// For each row of activations what stands for its sums, with room for columns / 16 numbers: a whole
// number for each group, or each half of Q6_K, that makes up for weights without sign; or pairs of
// sums in 16 bits, of groups for minima, of halves for Q6_K where dots are added in 16 bits.
INLINE void FN(prepare)(int type, const FN(rows) *x, long row, int tokens, int32_t *extra) {
  long groups = x->columns / 32;
  for (int t = 0; t < tokens; t++, extra += 2 * groups) {
    const int32_t *s = x->sums + (row + t) * 2 * groups;
    if (type == Q6_K && DOTS_IN_16_BITS) {
      for (long i = 0; i < groups; i++) extra[i] = FN(pair)(s[2 * i], s[2 * i + 1]);
    } else if (type == Q6_K) {
      for (long i = 0; i < 2 * groups; i++) extra[i] = -32 * s[i];
    } else if (type == Q4_K || type == Q5_K) {
      for (long i = 0; i < groups / 2; i++) {
        extra[i] = FN(pair)(s[4 * i] + s[4 * i + 1], s[4 * i + 2] + s[4 * i + 3]);
      }
    } else {
      int zero = type == Q4_0 ? -8 : EIGHT_BIT_ZERO;
      for (long i = 0; i < groups; i++) extra[i] = zero * (s[2 * i] + s[2 * i + 1]);
    }
  }
}

// Adds the dots of four columns of a line to one sum for each token. An instruction set may first
// add up pairs in 16 bits; these are settled before they can overflow.
INLINE void FN(add_dots)(ints line, const int8_t *x, long columns, int tokens, ints *dots, ints *pairs) {
  for (int t = 0; t < tokens; t++) FN(dot)(&dots[t], &pairs[t], line, FN(four)(x + t * columns));
}

// Adds dots times the scale of their group, and begins new ones.
INLINE void FN(scale)(int tokens, ints scale, ints *sums, ints *dots, ints *pairs) {
  for (int t = 0; t < tokens; t++) FN(scale_one)(&sums[t], &dots[t], &pairs[t], scale);
}

INLINE void FN(settle)(int tokens, ints *dots, ints *pairs) {
  for (int t = 0; t < tokens; t++) FN(settle_one)(&dots[t], &pairs[t]);
}

// Q8_0 and Q4_0: dot * (d * a) for each group.
INLINE void FN(plain)(int type, const uint8_t *tile, const FN(rows) *x, long row, int tokens,
                      const int32_t *extra, int half, floats *sums) {
  long columns = x->columns, groups = columns / 32;
  const uint8_t *head = tile + half * 2 * LANES;
  const uint8_t *lines = tile + lines_at(type, columns) + half * 4 * LANES;
  const int8_t *values = x->values + row * columns;
  const float *scales = x->scales + row * groups;
  for (long g = 0; g < groups; g++, head += 32, values += 32) {
    ints dots[TOKENS], pairs[TOKENS];
    for (int t = 0; t < tokens; t++) {
      dots[t] = FN(all_ints)(extra[t * 2 * groups + g]);
      pairs[t] = FN(no_ints)();
    }
    if (type == Q8_0) {
      for (int i = 0; i < 8; i++, lines += LINE) {
        FN(prefetch)(lines + AHEAD);
        ints line = FN(load)(lines);
        for (int t = 0; t < tokens; t++) {
          dots[t] = FN(signed_dot)(dots[t], line, FN(four)(values + t * columns + 4 * i));
        }
      }
    } else {
      for (int i = 0; i < 4; i++, lines += LINE) {
        FN(prefetch)(lines + AHEAD);
        ints line = FN(load)(lines);
        FN(add_dots)(FN(low)(line), values + 4 * i, columns, tokens, dots, pairs);
        FN(add_dots)(FN(high)(line), values + 16 + 4 * i, columns, tokens, dots, pairs);
      }
      FN(settle)(tokens, dots, pairs);
    }
    floats d = FN(halves)(head);
    for (int t = 0; t < tokens; t++) {
      floats scale = FN(times)(d, FN(all_floats)(scales + t * groups + g));
      sums[t] = FN(fma)(FN(to_floats)(dots[t]), scale, sums[t]);
    }
  }
}

// One group of 32 columns of Q4_K or Q5_K; upper is null for Q4_K.
INLINE ints FN(five_bits)(const uint8_t *line, const uint8_t *upper, int group) {
  ints value = group % 2 ? FN(high)(FN(load)(line)) : FN(low)(FN(load)(line));
  return upper ? FN(with_bit)(value, FN(load)(upper), group) : value;
}

// Q4_K and Q5_K: scales and minima of groups are whole numbers, d and dmin those of a block.
INLINE void FN(with_minima)(int type, const uint8_t *tile, const FN(rows) *x, long row, int tokens,
                            const int32_t *extra, int half, floats *sums) {
  long columns = x->columns, blocks = columns / 256;
  const uint8_t *head = tile;
  const uint8_t *lines = tile + lines_at(type, columns) + half * 4 * LANES;
  const int8_t *values = x->values + row * columns;
  const float *scales = x->scales + row * blocks;
  for (long b = 0; b < blocks; b++, head += 320) {
    const uint8_t *upper = type == Q5_K ? lines : 0;
    const uint8_t *lower = type == Q5_K ? lines + 8 * LINE : lines;
    ints products[TOKENS], minima[TOKENS], dots[TOKENS], pairs[TOKENS];
    for (int t = 0; t < tokens; t++) products[t] = minima[t] = dots[t] = pairs[t] = FN(no_ints)();
#pragma GCC unroll 8
    for (int g = 0; g < 8; g++) {
      ints scale = FN(scales)(head + 64 + g * ROWS + half * LANES);
      for (int i = 0; i < 8; i++) {
        const uint8_t *line = lower + (g / 2 * 8 + i) * LINE;
        if (g % 2 == 0) FN(prefetch)(line + AHEAD);
        ints value = FN(five_bits)(line, upper ? upper + i * LINE : 0, g);
        FN(add_dots)(value, values + 32 * g + 4 * i, columns, tokens, dots, pairs);
        int full = DOTS_IN_16_BITS && type == Q5_K && i == 3;
        if (full || i == 7) FN(scale)(tokens, scale, products, dots, pairs);
      }
      if (g % 2 == 0) {
        const uint8_t *at = head + 192 + g * ROWS + half * LANES;
        ints minimum = FN(byte_pairs)(at, at + ROWS);
        for (int t = 0; t < tokens; t++) {
          minima[t] = FN(pair_dot)(minima[t], minimum, FN(all_ints)(extra[t * 16 * blocks + g / 2]));
        }
      }
    }
    floats d = FN(halves)(head + half * 2 * LANES);
    floats dmin = FN(halves)(head + 32 + half * 2 * LANES);
    for (int t = 0; t < tokens; t++) {
      floats less = FN(times)(dmin, FN(to_floats)(minima[t]));
      floats product = FN(fma_minus)(d, FN(to_floats)(products[t]), less);
      sums[t] = FN(fma)(FN(all_floats)(scales + t * blocks + b), product, sums[t]);
    }
    lines += lines_of(type) * LINE;
    values += 256, extra += 4;
  }
}

// Q6_K: scales of 16 columns are whole numbers, d that of a block.
INLINE void FN(six_bits)(const uint8_t *tile, const FN(rows) *x, long row, int tokens,
                         const int32_t *extra, int half, floats *sums) {
  long columns = x->columns, blocks = columns / 256;
  const uint8_t *head = tile;
  const uint8_t *lines = tile + lines_at(Q6_K, columns) + half * 4 * LANES;
  const int8_t *values = x->values + row * columns;
  const float *scales = x->scales + row * blocks;
  for (long b = 0; b < blocks; b++, head += 320) {
    ints products[TOKENS], excess[TOKENS], dots[TOKENS], pairs[TOKENS];
    for (int t = 0; t < tokens; t++) products[t] = excess[t] = dots[t] = pairs[t] = FN(no_ints)();
#pragma GCC unroll 8
    for (int g = 0; g < 8; g++) {
      const uint8_t *upper = lines + g / 4 * 8 * LINE;
      const uint8_t *lower = lines + (16 + g / 4 * 16 + g % 2 * 8) * LINE;
      const uint8_t *at = head + 64 + 2 * g * ROWS + half * LANES;
#pragma GCC unroll 2
      for (int part = 0; part < 2; part++) {
        ints scale = FN(scales)(at + part * ROWS);
        if (!DOTS_IN_16_BITS) {
          for (int t = 0; t < tokens; t++) dots[t] = FN(all_ints)(extra[t * 16 * blocks + 2 * g + part]);
        }
        for (int i = 4 * part; i < 4 * part + 4; i++) {
          if (g % 4 < 2) FN(prefetch)(lower + i * LINE + AHEAD);
          if (g % 4 == 2) FN(prefetch)(upper + i * LINE + AHEAD);
          ints line = FN(load)(lower + i * LINE);
          ints value = FN(with_two)(g % 4 < 2 ? FN(low)(line) : FN(high)(line),
                                    FN(load)(upper + i * LINE), g % 4);
          FN(add_dots)(value, values + 32 * g + 4 * i, columns, tokens, dots, pairs);
          int full = DOTS_IN_16_BITS && i % 2;
          if (full || i % 4 == 3) FN(scale)(tokens, scale, products, dots, pairs);
        }
      }
      if (!DOTS_IN_16_BITS) continue;
      ints both = FN(byte_pairs)(at, at + ROWS);
      for (int t = 0; t < tokens; t++) {
        excess[t] = FN(pair_dot)(excess[t], both, FN(all_ints)(extra[t * 16 * blocks + g]));
      }
    }
    floats d = FN(halves)(head + half * 2 * LANES);
    for (int t = 0; t < tokens; t++) {
      // Weights were too great by 32.
      ints product = DOTS_IN_16_BITS ? FN(minus_32_times)(products[t], excess[t]) : products[t];
      floats scaled = FN(times)(d, FN(to_floats)(product));
      sums[t] = FN(fma)(FN(all_floats)(scales + t * blocks + b), scaled, sums[t]);
    }
    lines += 48 * LINE;
    values += 256, extra += DOTS_IN_16_BITS ? 8 : 16;
  }
}

// One tile and some tokens; out is that of the first token.
INLINE void FN(tile)(int type, const uint8_t *tile, const FN(rows) *x, long row, int tokens,
                     const int32_t *extra, float *out, long stride, int rows, int add) {
  for (int half = 0; half < HALVES; half++) {
    floats sums[TOKENS];
    for (int t = 0; t < tokens; t++) sums[t] = FN(no_floats)();
    switch (type) {
      case Q8_0: FN(plain)(Q8_0, tile, x, row, tokens, extra, half, sums); break;
      case Q4_0: FN(plain)(Q4_0, tile, x, row, tokens, extra, half, sums); break;
      case Q4_K: FN(with_minima)(Q4_K, tile, x, row, tokens, extra, half, sums); break;
      case Q5_K: FN(with_minima)(Q5_K, tile, x, row, tokens, extra, half, sums); break;
      default: FN(six_bits)(tile, x, row, tokens, extra, half, sums);
    }
    for (int t = 0; t < tokens; t++) {
      float all[LANES];
      FN(store)(all, sums[t]);
      float *to = out + t * stride + half * LANES;
      for (int r = 0; r < LANES && half * LANES + r < rows; r++) to[r] = add ? to[r] + all[r] : all[r];
    }
  }
}

// All tiles for a fixed number of tokens, so that each loop over tokens is unrolled.
#define TILES(type, n)                                                                            \
  static TARGET_ATTRIBUTE void FN(tiles_##type##_##n)(                                            \
      const uint8_t *w, long rows, const FN(rows) *x, long row, const int32_t *extra, float *out, \
      long stride, int add) {                                                                     \
    for (long r = 0; r < rows; r += ROWS, w += tile_bytes(type, x->columns)) {                    \
      int left = rows - r < ROWS ? (int)(rows - r) : ROWS;                                        \
      FN(tile)(type, w, x, row, n, extra, out + r, stride, left, add);                            \
    }                                                                                             \
  }
