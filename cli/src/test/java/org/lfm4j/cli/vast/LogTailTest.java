package org.lfm4j.cli.vast;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LogTailTest {
  @Test
  void onlyNewLinesAreFresh() {
    LogTail tail = new LogTail();
    assertThat(tail.fresh(List.of("a", "b"))).containsExactly("a", "b");
    assertThat(tail.fresh(List.of("a", "b"))).isEmpty();
    assertThat(tail.fresh(List.of("a", "b", "c"))).containsExactly("c");
    assertThat(tail.fresh(List.of("b", "c", "d"))).containsExactly("d");
    assertThat(tail.fresh(List.of("x", "y"))).containsExactly("x", "y");
    assertThat(tail.fresh(List.of())).isEmpty();
  }

  @Test
  void aWindowThatMovesOverALogShowsEveryLineOnce() {
    for (int seed = 0; seed < 50; seed++) {
      Random random = new Random(seed);
      List<String> log = new ArrayList<>();
      List<String> shown = new ArrayList<>();
      LogTail tail = new LogTail();
      for (int step = 0; step < 40; step++) {
        for (int i = random.nextInt(30); i > 0; i--) {
          log.add("line " + log.size());
        }
        shown.addAll(
            tail.fresh(List.copyOf(log.subList(Math.max(0, log.size() - 60), log.size()))));
      }
      assertThat(shown).containsExactlyElementsOf(log);
    }
  }
}
