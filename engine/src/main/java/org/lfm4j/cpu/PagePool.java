package org.lfm4j.cpu;

import java.util.ArrayDeque;

/** Pages of keys and values: taken as sequences grow, kept for others when they close. */
final class PagePool {
  private final int pageSize;
  private final ArrayDeque<float[]> free = new ArrayDeque<>();

  PagePool(int pageSize) {
    this.pageSize = pageSize;
  }

  float[] take() {
    float[] page = free.poll();
    return page == null ? new float[pageSize] : page;
  }

  void giveBack(float[] page) {
    free.push(page);
  }
}
