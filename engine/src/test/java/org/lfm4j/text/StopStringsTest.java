package org.lfm4j.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class StopStringsTest {

  @Test
  void cutsBeforeTheEarliestStopString() {
    StopStrings stops = new StopStrings(List.of("world", "lo"));

    assertThat(stops.push("hello world")).isEqualTo("hel");
    assertThat(stops.matched()).contains("lo");
    assertThat(stops.push("more") + stops.finish()).isEmpty();
  }

  @Test
  void theStopStringMayStay() {
    StopStrings stops = new StopStrings(List.of("world", "lo w"), true);

    assertThat(stops.push("hel") + stops.push("lo ") + stops.push("world")).isEqualTo("hello w");
    assertThat(stops.matched()).contains("lo w");
    assertThat(stops.push("more") + stops.finish()).isEmpty();
  }

  @Test
  void holdsBackWhatMayBecomeAStopString() {
    StopStrings stops = new StopStrings(List.of("\n\n"));

    assertThat(stops.push("one\n")).isEqualTo("one");
    assertThat(stops.push("two\n")).isEqualTo("\ntwo");
    assertThat(stops.finish()).isEqualTo("\n");
    assertThat(stops.matched()).isEmpty();
  }

  @Test
  void refusesAnEmptyStopString() {
    assertThatThrownBy(() -> new StopStrings(List.of("a", "")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("empty");
  }

  @Property
  void cuttingTheTextIntoPiecesChangesNothing(
      @ForAll @Size(max = 30) List<@CharRange(from = 'a', to = 'c') Character> text,
      @ForAll @Size(min = 1, max = 3)
          List<@CharRange(from = 'a', to = 'c') @NotEmpty String> stop) {
    String whole = text.stream().map(String::valueOf).reduce("", String::concat);
    StopStrings stops = new StopStrings(stop);
    StringBuilder out = new StringBuilder();
    for (char c : whole.toCharArray()) {
      out.append(stops.push(String.valueOf(c)));
    }
    out.append(stops.finish());

    // Letter by letter, the stop string that is complete first wins.
    int end = whole.length();
    int firstComplete = Integer.MAX_VALUE;
    for (String s : stop) {
      int at = whole.indexOf(s);
      if (at >= 0 && at + s.length() <= firstComplete) {
        end = at + s.length() == firstComplete ? Math.min(end, at) : at;
        firstComplete = at + s.length();
      }
    }
    assertThat(out.toString()).isEqualTo(whole.substring(0, end));
  }
}
