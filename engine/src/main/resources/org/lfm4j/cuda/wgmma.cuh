// The warpgroup product wgmma m64nNk16 for the widths N that the matrix products use:
// d[64 x N] += a[64 x 16] * b[N x 16]^T, BF16 in, FP32 sums. Both operands lie in shared memory as
// rows of 64 values (128 bytes) in the 128-byte swizzle that TMA writes; a tile starts at a multiple
// of 1,024 bytes. The instruction names each of its N/2 registers, hence the macros.
//
// Thread t of the warpgroup, with warp w = t/32, g = t%32/4, q = t%4, holds for every j < N/8:
// d[4j], d[4j+1] = (row 16w + g, columns 8j + 2q, 8j + 2q + 1) and d[4j+2], d[4j+3] = the same
// columns of row 16w + g + 8.
#pragma once
#include "hopper.cuh"

// What wgmma needs to know of an operand: address / 16, groups of 8 rows 1,024 bytes apart, 128-byte
// swizzle. The next 16 values of K are 32 bytes on: add 2.
DEVICE u64 operand_descriptor(u32 shared) {
  return (u64)((shared & 0x3ffff) >> 4) | (u64)1 << 16 | (u64)64 << 32 | (u64)1 << 62;
}

template <int N>
struct Warpgroup;

// Names of ten registers: tens "" gives %0 to %9, tens "3" gives %30 to %39.
#define REGISTERS_10(tens)                                                                          \
  "%" tens "0,%" tens "1,%" tens "2,%" tens "3,%" tens "4,%" tens "5,%" tens "6,%" tens "7,%" tens \
  "8,%" tens "9"
#define REGISTERS_4 "%0,%1,%2,%3"
#define REGISTERS_8 "%0,%1,%2,%3,%4,%5,%6,%7"
#define REGISTERS_16 REGISTERS_10("") ",%10,%11,%12,%13,%14,%15"
#define REGISTERS_30 REGISTERS_10("") "," REGISTERS_10("1") "," REGISTERS_10("2")
#define REGISTERS_60 REGISTERS_30 "," REGISTERS_10("3") "," REGISTERS_10("4") "," REGISTERS_10("5")
#define REGISTERS_90 REGISTERS_60 "," REGISTERS_10("6") "," REGISTERS_10("7") "," REGISTERS_10("8")
#define REGISTERS_32 REGISTERS_30 ",%30,%31"
#define REGISTERS_48 \
  REGISTERS_30 "," REGISTERS_10("3") ",%40,%41,%42,%43,%44,%45,%46,%47"
#define REGISTERS_64 REGISTERS_60 ",%60,%61,%62,%63"
#define REGISTERS_80 REGISTERS_60 "," REGISTERS_10("6") "," REGISTERS_10("7")
#define REGISTERS_96 REGISTERS_90 ",%90,%91,%92,%93,%94,%95"
#define REGISTERS_112 \
  REGISTERS_90 "," REGISTERS_10("9") "," REGISTERS_10("10") ",%110,%111"
#define REGISTERS_128                                                                              \
  REGISTERS_90 "," REGISTERS_10("9") "," REGISTERS_10("10") "," REGISTERS_10("11") ",%120,%121,%122," \
  "%123,%124,%125,%126,%127"

#define SUMS_4(i) "+f"(d[i]), "+f"(d[i + 1]), "+f"(d[i + 2]), "+f"(d[i + 3])
#define SUMS_8(i) SUMS_4(i), SUMS_4(i + 4)
#define SUMS_16(i) SUMS_8(i), SUMS_8(i + 8)
#define SUMS_32(i) SUMS_16(i), SUMS_16(i + 16)
#define SUMS_48(i) SUMS_32(i), SUMS_16(i + 32)
#define SUMS_64(i) SUMS_32(i), SUMS_32(i + 32)
#define SUMS_80(i) SUMS_64(i), SUMS_16(i + 64)
#define SUMS_96(i) SUMS_64(i), SUMS_32(i + 64)
#define SUMS_112(i) SUMS_96(i), SUMS_16(i + 96)
#define SUMS_128(i) SUMS_64(i), SUMS_64(i + 64)

// `first` and `second` are the operand numbers after the sums: sums and sums + 1.
#define WARPGROUP(columns, sums, first, second)                                                \
  template <>                                                                                  \
  struct Warpgroup<columns> {                                                                  \
    static DEVICE void multiply_add(float (&d)[sums], u64 a, u64 b) {                          \
      asm volatile("{ .reg .pred p; setp.eq.u32 p, 0, 0;\n"                                    \
                   "wgmma.mma_async.sync.aligned.m64n" #columns "k16.f32.bf16.bf16 "           \
                   "{" REGISTERS_##sums "}, %" #first ", %" #second ", p, 1, 1, 0, 0; }"       \
                   : SUMS_##sums(0)                                                            \
                   : "l"(a), "l"(b));                                                          \
    }                                                                                          \
  };

WARPGROUP(8, 4, 4, 5)
WARPGROUP(16, 8, 8, 9)
WARPGROUP(32, 16, 16, 17)
WARPGROUP(64, 32, 32, 33)
WARPGROUP(96, 48, 48, 49)
WARPGROUP(128, 64, 64, 65)
WARPGROUP(160, 80, 80, 81)
WARPGROUP(192, 96, 96, 97)
WARPGROUP(224, 112, 112, 113)
WARPGROUP(256, 128, 128, 129)
