// What lies between the matrix products, for any width of vectors: SwiGlu.java, RmsNorm.java,
// ShortConv.java and AttentionTile.java, bit for bit. The Vector API does it as fast once it is
// compiled; until then, in the first requests, each of its operations takes a microsecond.
//
// A file of one instruction set defines, with FN(name) for its own names, LANES, TARGET, floats (a
// vector) and the functions on it that are used here, and then includes this.

#define EXPORT __attribute__((visibility("default"), TARGET))
#define INLINE static inline __attribute__((always_inline, TARGET))

// Adds the lanes as Simd.sum does.
INLINE float FN(sum)(floats x) {
  float v[LANES];
  FN(store)(v, x);
  for (int width = 1; width < LANES; width *= 2)
    for (int i = 0; i < LANES; i += 2 * width) v[i] += v[i + width];
  return v[0];
}

// Simd.exp.
INLINE floats FN(exp)(floats x) {
  const floats least = FN(all)(-87.33f), round = FN(all)(0x1.8p23f);
  // Min and max give their second argument where one is not a number.
  floats capped = FN(max)(least, FN(min)(FN(all)(88.37f), x));
  floats shifted = FN(fma)(capped, FN(all)(0x1.715476p+0f), round);
  floats n = FN(sub)(shifted, round);
  floats r = FN(fma)(n, FN(all)(-0x1.63p-1f), capped);
  r = FN(fma)(n, FN(all)((float)-(0.6931471805599453 - 0x1.63p-1)), r);
  floats p = FN(fma)(r, FN(all)(1.0f / 5040), FN(all)(1.0f / 720));
  p = FN(fma)(p, r, FN(all)(1.0f / 120));
  p = FN(fma)(p, r, FN(all)(1.0f / 24));
  p = FN(fma)(p, r, FN(all)(1.0f / 6));
  p = FN(fma)(p, r, FN(all)(0.5f));
  p = FN(fma)(p, r, FN(all)(1));
  p = FN(fma)(p, r, FN(all)(1));
  return FN(zero_below)(FN(times_two_to)(p, shifted), x, least);
}

// gate[i] = silu(gate[i]) * up[i] for i below n, a multiple of the lanes.
EXPORT void LIBRARY(swiglu)(float *gate, long gate_at, const float *up, long up_at, long n) {
  gate += gate_at, up += up_at;
  for (long i = 0; i < n; i += LANES) {
    floats x = FN(load)(gate + i);
    floats bottom = FN(add)(FN(exp)(FN(negated)(x)), FN(all)(1));
    FN(store)(gate + i, FN(mul)(FN(div)(x, bottom), FN(load)(up + i)));
  }
}

// The sum of a[i] * b[i] for i below n.
INLINE float FN(sum_of_products)(const float *a, const float *b, long n) {
  floats s[4] = {FN(all)(0), FN(all)(0), FN(all)(0), FN(all)(0)};
  long i = 0;
  for (; i <= n - 4 * LANES; i += 4 * LANES)
    for (int j = 0; j < 4; j++)
      s[j] = FN(fma)(FN(load)(a + i + j * LANES), FN(load)(b + i + j * LANES), s[j]);
  float sum = FN(sum)(FN(add)(FN(add)(s[0], s[1]), FN(add)(s[2], s[3])));
  for (; i < n; i++) sum = __builtin_fmaf(a[i], b[i], sum);
  return sum;
}

EXPORT float LIBRARY(dot)(const float *a, long a_at, const float *b, long b_at, long n) {
  return FN(sum_of_products)(a + a_at, b + b_at, n);
}

// out[i] = weight[i] * x[i] / sqrt(mean(x^2) + eps) for i below n.
EXPORT void LIBRARY(rms_norm)(const float *x, long x_at, const float *weight, float eps, long n, float *out,
                              long out_at) {
  x += x_at, out += out_at;
  float squares = FN(sum_of_products)(x, x, n);
  float scale = (float)(1 / __builtin_sqrt((double)squares / (double)n + (double)eps));
  long i = 0;
  for (; i <= n - LANES; i += LANES)
    FN(store)(out + i, FN(mul)(FN(mul)(FN(load)(x + i), FN(all)(scale)), FN(load)(weight + i)));
  for (; i < n; i++) out[i] = x[i] * scale * weight[i];
}

// b[i] *= a[i] for i below n.
EXPORT void LIBRARY(multiply)(const float *a, long a_at, float *b, long b_at, long n) {
  a += a_at, b += b_at;
  long i = 0;
  for (; i <= n - LANES; i += LANES) FN(store)(b + i, FN(mul)(FN(load)(b + i), FN(load)(a + i)));
  for (; i < n; i++) b[i] *= a[i];
}

// out[i] += a[i] * b[i], rounded once, for i below n.
EXPORT void LIBRARY(add_products)(const float *a, long a_at, const float *b, long b_at, float *out, long out_at,
                                  long n) {
  a += a_at, b += b_at, out += out_at;
  long i = 0;
  for (; i <= n - LANES; i += LANES)
    FN(store)(out + i, FN(fma)(FN(load)(a + i), FN(load)(b + i), FN(load)(out + i)));
  for (; i < n; i++) out[i] = __builtin_fmaf(a[i], b[i], out[i]);
}

// out[i] += x[i] * scale, rounded once, for i below n.
EXPORT void LIBRARY(add_scaled)(const float *x, long at, float scale, float *out, long out_at, long n) {
  x += at, out += out_at;
  long i = 0;
  for (; i <= n - LANES; i += LANES)
    FN(store)(out + i, FN(fma)(FN(load)(x + i), FN(all)(scale), FN(load)(out + i)));
  for (; i < n; i++) out[i] = __builtin_fmaf(x[i], scale, out[i]);
}

// Parts steps of two vectors into their even and odd elements, apart from each other (PackedRows.java).
EXPORT void LIBRARY(pack)(const float *x, long at, long steps, float *out, long out_at, long apart) {
  x += at, out += out_at;
  for (long s = 0; s < steps; s++, x += 2 * LANES, out += 2 * apart)
    for (int i = 0; i < LANES; i++) out[i] = x[2 * i], out[apart + i] = x[2 * i + 1];
}

// The greatest of each block of n numbers, or what is not a number: largest[i] of block i
// (LogitBlocks.java).
EXPORT void LIBRARY(block_maxima)(const float *x, long at, long n, long block, float *largest) {
  x += at;
  for (long from = 0; from < n; from += block, largest++) {
    long to = n - from < block ? n : from + block, i = from;
    // Two, since a maximum takes several cycles.
    floats even = FN(all)(-__builtin_inff()), odd = even;
    for (; i <= to - 2 * LANES; i += 2 * LANES) {
      even = FN(greater)(even, FN(load)(x + i));
      odd = FN(greater)(odd, FN(load)(x + i + LANES));
    }
    float v[LANES];
    FN(store)(v, FN(greater)(even, odd));
    float most = v[0];
    for (int j = 1; j < LANES; j++) most = most != most || most > v[j] ? most : v[j];
    for (; i < to; i++) most = most != most || most > x[i] ? most : x[i];
    *largest = most;
  }
}

// The greatest of n numbers, a multiple of the lanes; not a number if one of them is not.
EXPORT float LIBRARY(greatest)(const float *x, long at, long n) {
  x += at;
  floats most = FN(load)(x);
  for (long i = LANES; i < n; i += LANES) most = FN(greater)(most, FN(load)(x + i));
  float v[LANES];
  FN(store)(v, most);
  float result = v[0];
  for (int i = 1; i < LANES; i++) result = result != result || result > v[i] ? result : v[i];
  return result;
}

// Makes x[i] = e^(x[i] - most) for i below n, a multiple of the lanes, and returns their sum.
EXPORT float LIBRARY(weights)(float *x, long at, long n, float most) {
  x += at;
  floats sum = FN(all)(0);
  for (long i = 0; i < n; i += LANES) {
    floats weight = FN(exp)(FN(sub)(FN(load)(x + i), FN(all)(most)));
    FN(store)(x + i, weight);
    sum = FN(add)(sum, weight);
  }
  return FN(sum)(sum);
}

// For two rows of a and of c: c[j] += a[i] * b[i, j] over i below n, for j below columns, a multiple
// of four vectors; a row of b has as many columns.
EXPORT void LIBRARY(two_rows)(const float *a, long a0, long a1, long n, const float *b, long b_at, long columns,
                              float *c, long c0, long c1) {
  for (long j = 0; j < columns; j += 4 * LANES) {
    floats first[4], second[4];
    for (int v = 0; v < 4; v++) {
      first[v] = FN(load)(c + c0 + j + v * LANES);
      second[v] = FN(load)(c + c1 + j + v * LANES);
    }
    for (long i = 0; i < n; i++) {
      floats x = FN(all)(a[a0 + i]), y = FN(all)(a[a1 + i]);
      for (int v = 0; v < 4; v++) {
        floats w = FN(load)(b + b_at + i * columns + j + v * LANES);
        first[v] = FN(fma)(w, x, first[v]);
        second[v] = FN(fma)(w, y, second[v]);
      }
    }
    for (int v = 0; v < 4; v++) {
      FN(store)(c + c0 + j + v * LANES, first[v]);
      FN(store)(c + c1 + j + v * LANES, second[v]);
    }
  }
}
