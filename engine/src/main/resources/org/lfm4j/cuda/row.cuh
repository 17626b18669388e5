// Eight channels of a row of activations, as a thread holds them.
#pragma once
#include "common.cuh"

struct Row {
  float v[8];
};

DEVICE Row unpack(uint4 p) {
  Row r;
  r.v[0] = low_bf16(p.x), r.v[1] = high_bf16(p.x), r.v[2] = low_bf16(p.y), r.v[3] = high_bf16(p.y);
  r.v[4] = low_bf16(p.z), r.v[5] = high_bf16(p.z), r.v[6] = low_bf16(p.w), r.v[7] = high_bf16(p.w);
  return r;
}
DEVICE uint4 pack(const Row& r) {
  return make_uint4(pack_bf16(r.v[0], r.v[1]), pack_bf16(r.v[2], r.v[3]), pack_bf16(r.v[4], r.v[5]),
                    pack_bf16(r.v[6], r.v[7]));
}
DEVICE Row load_row(const bf16* p) { return unpack(*(const uint4*)p); }
