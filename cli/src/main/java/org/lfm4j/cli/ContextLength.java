package org.lfm4j.cli;

import java.math.BigDecimal;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Numbers of tokens as vLLM writes them: {@code 4096}, {@code 32k} (thousands), {@code 32K} (times
 * 1024), {@code 1M}, {@code 25.6k}; {@code auto} or {@code -1} for the model's own.
 */
final class ContextLength implements ITypeConverter<ContextLength.Tokens> {
  /** The model's own context length. */
  static final Tokens AUTO = new Tokens(-1);

  private static final Pattern FORM = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)([kKmMgG]?)");

  /**
   * A number of tokens.
   *
   * @param count at least 1; -1 in {@link #AUTO}
   */
  record Tokens(int count) {}

  @Override
  public Tokens convert(String value) {
    if (value.equals("auto") || value.equals("-1")) {
      return AUTO;
    }
    Matcher matcher = FORM.matcher(value);
    if (!matcher.matches()) {
      throw wrong(value);
    }
    BigDecimal count =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(unit(matcher.group(2))));
    try {
      int tokens = count.intValueExact();
      if (tokens < 1) {
        throw wrong(value);
      }
      return new Tokens(tokens);
    } catch (ArithmeticException e) {
      throw wrong(value);
    }
  }

  private static long unit(String letter) {
    return switch (letter) {
      case "k" -> 1_000;
      case "K" -> 1L << 10;
      case "m" -> 1_000_000;
      case "M" -> 1L << 20;
      case "g" -> 1_000_000_000;
      case "G" -> 1L << 30;
      default -> 1;
    };
  }

  private static TypeConversionException wrong(String value) {
    return new TypeConversionException(
        "'%s' is not a number of tokens: write 4096, 32k, 1M or auto".formatted(value));
  }
}
