// Numbers of the types, as NativeQuant.java passes them, and tiles of sixteen rows, as QuantTiles.java
// lays them out.

enum { Q8_0 = 0, Q4_0 = 1, Q4_K = 2, Q5_K = 3, Q6_K = 4 };

#define ROWS 16
#define LINE 64

static inline long blocks(int type, long columns) { return type <= Q4_0 ? columns / 32 : columns / 256; }

static inline long head_bytes(int type) { return type <= Q4_0 ? 32 : 320; }

// Lines of a block.
static inline long lines_of(int type) {
  return type == Q8_0 ? 8 : type == Q4_0 ? 4 : type == Q4_K ? 32 : type == Q5_K ? 40 : 48;
}

static inline long lines_at(int type, long columns) {
  return (blocks(type, columns) * head_bytes(type) + LINE - 1) / LINE * LINE;
}

static inline long tile_bytes(int type, long columns) {
  return lines_at(type, columns) + blocks(type, columns) * lines_of(type) * LINE;
}
