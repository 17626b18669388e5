package org.lfm4j.sampling.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What numbers a schema allows.
 *
 * @param integer whether they must be whole
 * @param lower the greatest of its lower bounds
 * @param upper the smallest of its upper bounds
 * @param multiples what they must be multiples of
 * @param nonMultiples what they must not be multiples of
 */
record Numeric(
    boolean integer,
    Optional<Bound> lower,
    Optional<Bound> upper,
    List<BigDecimal> multiples,
    List<BigDecimal> nonMultiples) {

  static final Numeric ANY =
      new Numeric(false, Optional.empty(), Optional.empty(), List.of(), List.of());

  /**
   * An end of a range.
   *
   * @param exclusive whether the value itself is outside
   */
  record Bound(BigDecimal value, boolean exclusive) {}

  Numeric asInteger() {
    return new Numeric(true, lower, upper, multiples, nonMultiples);
  }

  Numeric from(Bound bound) {
    boolean tighter =
        lower.isEmpty()
            || bound.value().compareTo(lower.get().value()) > 0
            || (bound.value().compareTo(lower.get().value()) == 0 && bound.exclusive());
    return tighter
        ? new Numeric(integer, Optional.of(bound), upper, multiples, nonMultiples)
        : this;
  }

  Numeric to(Bound bound) {
    boolean tighter =
        upper.isEmpty()
            || bound.value().compareTo(upper.get().value()) < 0
            || (bound.value().compareTo(upper.get().value()) == 0 && bound.exclusive());
    return tighter
        ? new Numeric(integer, lower, Optional.of(bound), multiples, nonMultiples)
        : this;
  }

  Numeric multipleOf(BigDecimal value) {
    List<BigDecimal> all = new ArrayList<>(multiples);
    all.add(value);
    return new Numeric(integer, lower, upper, List.copyOf(all), nonMultiples);
  }

  Numeric notMultipleOf(BigDecimal value) {
    List<BigDecimal> all = new ArrayList<>(nonMultiples);
    all.add(value);
    return new Numeric(integer, lower, upper, multiples, List.copyOf(all));
  }

  boolean accepts(BigDecimal number) {
    return !(integer && !isWhole(number))
        && lower.map(b -> number.compareTo(b.value()) >= (b.exclusive() ? 1 : 0)).orElse(true)
        && upper.map(b -> number.compareTo(b.value()) <= (b.exclusive() ? -1 : 0)).orElse(true)
        && multiples.stream().allMatch(m -> number.remainder(m).signum() == 0)
        && nonMultiples.stream().allMatch(m -> number.remainder(m).signum() != 0);
  }

  private static boolean isWhole(BigDecimal number) {
    return number.signum() == 0 || number.stripTrailingZeros().scale() <= 0;
  }
}
