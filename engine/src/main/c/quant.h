// Quantised weights times activations in eight bits, for any width of vectors: QuantMatMul.java,
// bit for bit. A file of one instruction set defines, with FN(name) for its own names,
//
//   LANES            rows in a vector, 8 or 16
//   TOKENS           most rows of activations at a time
//   TARGET           what the compiler may use
//   ints, floats     vectors, and the functions on them that are used here
//
// and then includes this.

#define HALVES (ROWS / LANES)

typedef struct {
  const int8_t *values; // [count][columns]
  const float *scales;  // [count][columns / 32]
  const int32_t *sums;  // [count][columns / 16]
  long columns;
} FN(rows);

// For each row of activations and each of its groups, what is added for all sixteen weights: a
// whole number that makes up for weights without sign, or, for minima, scale times sum.
typedef union {
  int32_t whole;
  float scaled;
} FN(extra);

#define INLINE static inline __attribute__((always_inline, TARGET))

INLINE void FN(prepare)(int type, const FN(rows) *x, long row, int tokens, FN(extra) *extra) {
  long sums = x->columns / 16;
  for (int t = 0; t < tokens; t++) {
    const int32_t *s = x->sums + (row + t) * sums;
    const float *a = x->scales + (row + t) * (sums / 2);
    FN(extra) *to = extra + t * sums;
    if (type == Q6_K) {
      for (long i = 0; i < sums; i++) to[i].whole = -32 * s[i];
    } else if (type == Q4_K || type == Q5_K) {
      for (long i = 0; i < sums / 2; i++) to[i].scaled = a[i] * (float)(s[2 * i] + s[2 * i + 1]);
    } else {
      int zero = type == Q4_0 ? -8 : EIGHT_BIT_ZERO;
      for (long i = 0; i < sums / 2; i++) to[i].whole = zero * (s[2 * i] + s[2 * i + 1]);
    }
  }
}

// Adds the dots of four columns of a line to one sum for each token. An instruction set may first
// add up pairs in 16 bits; these are settled before they can overflow.
INLINE void FN(add_dots)(ints line, const int8_t *x, long columns, int tokens, ints *dots, ints *pairs) {
  for (int t = 0; t < tokens; t++) FN(dot)(&dots[t], &pairs[t], line, FN(four)(x + t * columns));
}

INLINE void FN(settle)(int tokens, ints *dots, ints *pairs) {
  for (int t = 0; t < tokens; t++) FN(settle_one)(&dots[t], &pairs[t]);
}

// Q8_0 and Q4_0: dot * (d * a) for each group.
INLINE void FN(plain)(int type, const uint8_t *tile, const FN(rows) *x, long row, int tokens,
                      const FN(extra) *extra, int half, floats *sums) {
  long columns = x->columns, groups = columns / 32;
  const uint8_t *head = tile + half * 2 * LANES;
  const uint8_t *lines = tile + lines_at(type, columns) + half * 4 * LANES;
  const int8_t *values = x->values + row * columns;
  const float *scales = x->scales + row * groups;
  for (long g = 0; g < groups; g++, head += 32, values += 32) {
    ints dots[TOKENS], pairs[TOKENS];
    for (int t = 0; t < tokens; t++) {
      dots[t] = FN(all_ints)(extra[t * 2 * groups + g].whole);
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
                            const FN(extra) *extra, int half, floats *sums) {
  long columns = x->columns, groups = columns / 32, blocks = columns / 256;
  const uint8_t *head = tile;
  const uint8_t *lines = tile + lines_at(type, columns) + half * 4 * LANES;
  const int8_t *values = x->values + row * columns;
  const float *scales = x->scales + row * groups;
  for (long b = 0; b < blocks; b++, head += 320) {
    const uint8_t *upper = type == Q5_K ? lines : 0;
    const uint8_t *lower = type == Q5_K ? lines + 8 * LINE : lines;
    floats products[TOKENS], minima[TOKENS];
    for (int t = 0; t < tokens; t++) products[t] = minima[t] = FN(no_floats)();
#pragma GCC unroll 8
    for (int g = 0; g < 8; g++) {
      ints dots[TOKENS], pairs[TOKENS];
      for (int t = 0; t < tokens; t++) dots[t] = pairs[t] = FN(no_ints)();
      for (int i = 0; i < 8; i++) {
        const uint8_t *line = lower + (g / 2 * 8 + i) * LINE;
        if (g % 2 == 0) FN(prefetch)(line + AHEAD);
        ints value = FN(five_bits)(line, upper ? upper + i * LINE : 0, g);
        FN(add_dots)(value, values + 32 * g + 4 * i, columns, tokens, dots, pairs);
        if (i == 7 || (type == Q5_K && i == 3)) FN(settle)(tokens, dots, pairs);
      }
      floats scale = FN(bytes)(head + 64 + g * ROWS + half * LANES);
      floats minimum = FN(bytes)(head + 192 + g * ROWS + half * LANES);
      for (int t = 0; t < tokens; t++) {
        floats scaled = FN(times)(FN(to_floats)(dots[t]), scale);
        products[t] = FN(fma)(scaled, FN(all_floats)(scales + t * groups + g), products[t]);
        minima[t] = FN(fma)(minimum, FN(all_floats)(&extra[t * 2 * groups + g].scaled), minima[t]);
      }
    }
    floats d = FN(halves)(head + half * 2 * LANES);
    floats dmin = FN(halves)(head + 32 + half * 2 * LANES);
    for (int t = 0; t < tokens; t++) {
      sums[t] = FN(minus_fma)(dmin, minima[t], FN(fma)(d, products[t], sums[t]));
    }
    lines += lines_of(type) * LINE;
    values += 256, scales += 8, extra += 8;
  }
}

// Q6_K: scales of 16 columns are whole numbers, d that of a block.
INLINE void FN(six_bits)(const uint8_t *tile, const FN(rows) *x, long row, int tokens,
                         const FN(extra) *extra, int half, floats *sums) {
  long columns = x->columns, groups = columns / 32, blocks = columns / 256;
  const uint8_t *head = tile;
  const uint8_t *lines = tile + lines_at(Q6_K, columns) + half * 4 * LANES;
  const int8_t *values = x->values + row * columns;
  const float *scales = x->scales + row * groups;
  for (long b = 0; b < blocks; b++, head += 320) {
    floats products[TOKENS];
    for (int t = 0; t < tokens; t++) products[t] = FN(no_floats)();
#pragma GCC unroll 8
    for (int g = 0; g < 8; g++) {
      const uint8_t *upper = lines + g / 4 * 8 * LINE;
      const uint8_t *lower = lines + (16 + g / 4 * 16 + g % 2 * 8) * LINE;
      ints dots[2][TOKENS], pairs[TOKENS];
#pragma GCC unroll 2
      for (int part = 0; part < 2; part++) {
        for (int t = 0; t < tokens; t++) {
          dots[part][t] = FN(all_ints)(extra[t * 2 * groups + 2 * g + part].whole);
          pairs[t] = FN(no_ints)();
        }
        for (int i = 4 * part; i < 4 * part + 4; i++) {
          if (g % 4 < 2) FN(prefetch)(lower + i * LINE + AHEAD);
          if (g % 4 == 2) FN(prefetch)(upper + i * LINE + AHEAD);
          ints line = FN(load)(lower + i * LINE);
          ints value = FN(with_two)(g % 4 < 2 ? FN(low)(line) : FN(high)(line),
                                    FN(load)(upper + i * LINE), g % 4);
          FN(add_dots)(value, values + 32 * g + 4 * i, columns, tokens, dots[part], pairs);
          if (i % 2) FN(settle)(tokens, dots[part], pairs);
        }
      }
      floats first = FN(signed_bytes)(head + 64 + 2 * g * ROWS + half * LANES);
      floats second = FN(signed_bytes)(head + 64 + (2 * g + 1) * ROWS + half * LANES);
      for (int t = 0; t < tokens; t++) {
        floats scaled = FN(times)(FN(to_floats)(dots[0][t]), first);
        scaled = FN(fma)(FN(to_floats)(dots[1][t]), second, scaled);
        products[t] = FN(fma)(scaled, FN(all_floats)(scales + t * groups + g), products[t]);
      }
    }
    floats d = FN(halves)(head + half * 2 * LANES);
    for (int t = 0; t < tokens; t++) sums[t] = FN(fma)(d, products[t], sums[t]);
    lines += 48 * LINE;
    values += 256, scales += 8, extra += 16;
  }
}

// One tile and some tokens; out is that of the first token.
INLINE void FN(tile)(int type, const uint8_t *tile, const FN(rows) *x, long row, int tokens,
                     const FN(extra) *extra, float *out, long stride, int rows, int add) {
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
      const uint8_t *w, long rows, const FN(rows) *x, long row, const FN(extra) *extra, float *out, \
      long stride, int add) {                                                                     \
    for (long r = 0; r < rows; r += ROWS, w += tile_bytes(type, x->columns)) {                    \
      int left = rows - r < ROWS ? (int)(rows - r) : ROWS;                                        \
      FN(tile)(type, w, x, row, n, extra, out + r, stride, left, add);                            \
    }                                                                                             \
  }
