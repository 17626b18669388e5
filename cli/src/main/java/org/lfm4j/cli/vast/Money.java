package org.lfm4j.cli.vast;

import java.util.Locale;

/** Dollars as text. */
final class Money {
  private Money() {}

  /** Returns dollars with as many digits as small prices need. */
  static String dollars(double amount) {
    return String.format(Locale.ROOT, amount < 0.1 ? "$%.3f" : "$%.2f", amount);
  }
}
