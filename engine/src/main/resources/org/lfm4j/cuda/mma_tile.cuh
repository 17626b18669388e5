// A block's tile of a product in gemm_mma.cu: how it is copied into shared memory and how a warp
// multiplies its part of it.
#pragma once
#include "gemm.cuh"

constexpr int STEP = 64;  // values of k a stage
constexpr int STEP_BYTES = STEP * 2;
constexpr int SUBSTEPS = STEP / 16;

template <int BLOCK_ROWS, int BLOCK_TOKENS, int WARP_ROWS, int WARP_TOKENS, int PIPELINE,
          int OPERAND_BUFFERS = 2>
struct Tile {
  static constexpr int BM = BLOCK_ROWS, BN = BLOCK_TOKENS, WM = WARP_ROWS, WN = WARP_TOKENS;
  static constexpr int STAGES = PIPELINE, BUFFERS = OPERAND_BUFFERS;
  static constexpr int WARPS_M = BM / WM, WARPS_N = BN / WN, THREADS = WARPS_M * WARPS_N * 32;
  static constexpr int MT = WM / 16, NT = WN / 8;  // mma tiles a warp
  static constexpr int STAGE_BYTES = (BM + BN) * STEP_BYTES;
  static constexpr int SHARED_BYTES = STAGES * STAGE_BYTES;
  static constexpr int ROWS_A_PASS = THREADS / 8;  // eight threads copy a row's 128 bytes
  static constexpr int WEIGHT_PASSES = BM / ROWS_A_PASS, TOKEN_PASSES = BN / ROWS_A_PASS;
  static_assert(ROWS_A_PASS % 16 == 0 && BM % ROWS_A_PASS == 0 && BN % ROWS_A_PASS == 0 &&
                    WEIGHT_PASSES <= 16 && TOKEN_PASSES <= 16,
                "see Copier");
};

// What a block multiplies: `weights` is row 0 of its first row, `rows` how many exist from there.
struct Product {
  const bf16* weights;
  u64 upOffset;  // from a row of w1 to the same row of w3
  int firstRow;
  int rows;
  const bf16* a;
  const int* gather;  // row of `a` for each pair, or null: its own number
  TokenTile tokens;
  int n;
  int k;
};

template <typename T, bool GATED>
struct Copier {
  const bf16* weights;
  const bf16* activations[T::TOKEN_PASSES];
  u32 valid;  // bit per pass: weights from 0, tokens from 16
  u32 target;
  int column;
  int k;
  u64 weightPass;  // elements from one pass's row to the next one's

  DEVICE void init_weights(const Product& p, u32 shared) {
    const int row = threadIdx.x >> 3, vector = threadIdx.x & 7;
    column = vector * 8;
    k = p.k;
    target = shared + row * STEP_BYTES + swizzled(row, vector) * 16;
    const int source = GATED ? (row >> 4) * 8 + (row & 7) : row;
    constexpr int PASS = GATED ? T::ROWS_A_PASS / 2 : T::ROWS_A_PASS;
    weights = p.weights + (GATED && (row & 8) ? p.upOffset : 0) + (u64)source * p.k + column;
    weightPass = (u64)PASS * p.k;
    valid = 0;
#pragma unroll
    for (int i = 0; i < T::WEIGHT_PASSES; i++) {
      if (source + i * PASS < p.rows) valid |= 1u << i;
    }
  }

  DEVICE void init_tokens(const Product& p) {
    const int row = threadIdx.x >> 3;
#pragma unroll
    for (int i = 0; i < T::TOKEN_PASSES; i++) {
      const int token = p.tokens.first + row + i * T::ROWS_A_PASS;
      activations[i] = p.a;
      if (token < p.tokens.end) {
        valid |= 1u << (16 + i);
        activations[i] += (u64)(p.gather != nullptr ? p.gather[token] : token) * p.k + column;
      }
    }
  }

  // Stages are copied in rising order of k; nothing is read where `valid` is not.
  DEVICE void copy_weights(int slot, int step) {
    const bool inside = column + step * STEP < k;
#pragma unroll
    for (int i = 0; i < T::WEIGHT_PASSES; i++) {
      copy_async_16(target + slot * T::STAGE_BYTES + i * T::ROWS_A_PASS * STEP_BYTES,
                    weights + i * weightPass, inside && (valid >> i & 1));
    }
    weights += STEP;
  }

  DEVICE void copy_tokens(int slot, int step) {
    const bool inside = column + step * STEP < k;
#pragma unroll
    for (int i = 0; i < T::TOKEN_PASSES; i++) {
      copy_async_16(target + slot * T::STAGE_BYTES + (T::BM + i * T::ROWS_A_PASS) * STEP_BYTES,
                    activations[i], inside && (valid >> (16 + i) & 1));
      activations[i] += STEP;
    }
  }
};

// Operands of one step of 16 values of k.
template <typename T>
struct Fragments {
  uint4 weights[T::MT];
  uint4 tokens[T::NT / 2];  // 16 tokens each

  // `weightRow` and `tokenRow` are the addresses of the lane's rows for ldmatrix.
  DEVICE void load(u32 weightRow, u32 tokenRow, int j) {
    const int lane = threadIdx.x & 31;
    const u32 weightColumn = swizzled(lane, 2 * j + (lane >> 4)) * 16;
    const u32 tokenColumn = swizzled(lane, 2 * j + ((lane >> 3) & 1)) * 16;
#pragma unroll
    for (int m = 0; m < T::MT; m++) {
      weights[m] = load_matrix_x4(weightRow + m * 16 * STEP_BYTES + weightColumn);
    }
#pragma unroll
    for (int n = 0; n < T::NT / 2; n++) {
      tokens[n] = load_matrix_x4(tokenRow + n * 16 * STEP_BYTES + tokenColumn);
    }
  }

  // sum += product; where a segment begins, total += sum and sum = product, one tile after another
  // so that the additions hide behind the tensor core.
  template <bool BEGIN>
  DEVICE void multiply(float (&sum)[T::MT][T::NT][4], float (&total)[T::MT][T::NT][4]) const {
#pragma unroll
    for (int m = 0; m < T::MT; m++) {
#pragma unroll
      for (int n = 0; n < T::NT; n++) {
        const uint4& w = weights[m];
        const uint4& x = tokens[n / 2];
        if (BEGIN) {
#pragma unroll
          for (int i = 0; i < 4; i++) {
            total[m][n][i] += sum[m][n][i];
            sum[m][n][i] = 0.0f;
          }
        }
        mma_16x8x16(sum[m][n], w.x, w.y, w.z, w.w, n % 2 == 0 ? x.x : x.z, n % 2 == 0 ? x.y : x.w);
      }
    }
  }
};
