// Copies quantised rows into tiles of sixteen, as QuantTiles.java says.

#include <stdint.h>
#include <string.h>

#include "quant_types.h"

// Where a block of a type keeps what a tile needs.
typedef struct {
  int bytes;       // of a block
  int d, dmin;     // offsets of F16 numbers, or -1
  int head;        // bytes of a tile's head for each block
  int first, more; // ints that become the first lines, and where they begin
  int second, rest;
} shape;

static const shape SHAPES[] = {
    [Q8_0] = {34, 0, -1, 32, 8, 2, 0, 0},     [Q4_0] = {18, 0, -1, 32, 4, 2, 0, 0},
    [Q4_K] = {144, 0, 2, 320, 32, 16, 0, 0},  [Q5_K] = {176, 0, 2, 320, 40, 16, 0, 0},
    [Q6_K] = {210, 208, -1, 320, 16, 128, 32, 0},
};

static void lines(const uint8_t *const *rows, int count, int from, uint8_t *out) {
  for (int i = 0; i < count; i++) {
    for (int r = 0; r < ROWS; r++) memcpy(out + i * LINE + 4 * r, rows[r] + from + 4 * i, 4);
  }
}

// Scales and minima of six bits, as BlockFormat.java reads them.
static void six_bits(const uint8_t *packed, int r, uint8_t *head) {
  for (int g = 0; g < 8; g++) {
    int scale = g < 4 ? packed[g] & 63 : (packed[g + 4] & 15) | packed[g - 4] >> 6 << 4;
    int minimum = g < 4 ? packed[g + 4] & 63 : packed[g + 4] >> 4 | packed[g] >> 6 << 4;
    head[64 + g * ROWS + r] = (uint8_t)scale;
    head[192 + g * ROWS + r] = (uint8_t)minimum;
  }
}

static void fill_head(int type, const shape *s, const uint8_t *const *rows, uint8_t *head) {
  for (int r = 0; r < ROWS; r++) {
    memcpy(head + 2 * r, rows[r] + s->d, 2);
    if (s->dmin >= 0) memcpy(head + 32 + 2 * r, rows[r] + s->dmin, 2);
    if (type == Q4_K || type == Q5_K) six_bits(rows[r] + 4, r, head);
    if (type == Q6_K) {
      for (int g = 0; g < 16; g++) head[64 + g * ROWS + r] = rows[r][192 + g];
    }
  }
}

// Fills whole tiles from 16 * tiles rows; heads and lines must be zero before.
__attribute__((visibility("default"))) void lfm4j_fill_tiles(int type, const uint8_t *source,
                                                             long tiles, long blocks, uint8_t *out) {
  const shape *s = &SHAPES[type];
  long row_bytes = blocks * s->bytes;
  long lines_at = (blocks * s->head + LINE - 1) / LINE * LINE;
  long block_lines = s->first + s->second;
  for (long tile = 0; tile < tiles; tile++) {
    for (long b = 0; b < blocks; b++) {
      const uint8_t *rows[ROWS];
      for (int r = 0; r < ROWS; r++) rows[r] = source + r * row_bytes + b * s->bytes;
      fill_head(type, s, rows, out + b * s->head);
      uint8_t *to = out + lines_at + b * block_lines * LINE;
      lines(rows, s->first, s->more, to);
      lines(rows, s->second, s->rest, to + s->first * LINE);
    }
    source += ROWS * row_bytes;
    out += lines_at + blocks * block_lines * LINE;
  }
}
