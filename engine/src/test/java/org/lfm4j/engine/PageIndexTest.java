package org.lfm4j.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class PageIndexTest {
  @Property(tries = 200)
  void doesWhatAMapDoes(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int pages) {
    Random random = new Random(seed);
    PageIndex index = new PageIndex(pages);
    Map<Long, Integer> map = new HashMap<>();
    // Few hashes, of which many want the same places, the last one before the first included.
    int bits = 1 + random.nextInt(7);
    for (int i = 0; i < 400; i++) {
      long hash = (random.nextInt(1 << bits) << 5 | random.nextInt(3)) - 1L;
      if (map.containsKey(hash) && random.nextBoolean()) {
        index.remove(hash);
        map.remove(hash);
      } else if (map.size() < pages || map.containsKey(hash)) {
        int page = random.nextInt(pages);
        Integer before = map.put(hash, page);
        assertThat(index.put(hash, page)).isEqualTo(before == null ? PageIndex.NONE : before);
      }
      assertThat(index.get(hash)).isEqualTo(map.getOrDefault(hash, PageIndex.NONE));
    }
    map.forEach((hash, page) -> assertThat(index.get(hash)).isEqualTo(page));
  }
}
