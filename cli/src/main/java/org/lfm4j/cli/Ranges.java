package org.lfm4j.cli;

/** Refuses values of flags that are out of range, in the same words everywhere. */
final class Ranges {
  private Ranges() {}

  /**
   * Returns a value that is in range.
   *
   * @throws CliException naming flag, range and value
   */
  static int require(String flag, int value, int least, int most) {
    if (value < least || value > most) {
      throw new CliException(
          most == Integer.MAX_VALUE
              ? "%s must be at least %d, got %d.".formatted(flag, least, value)
              : "%s must be in [%d, %d], got %d.".formatted(flag, least, most, value));
    }
    return value;
  }

  /** The same without an upper end. */
  static int atLeast(String flag, int value, int least) {
    return require(flag, value, least, Integer.MAX_VALUE);
  }
}
