package org.lfm4j.cli;

import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How long the prompts or outputs of a benchmark are, in tokens.
 *
 * @param shape what the two numbers mean
 * @param a the length, the shortest, or the mean
 * @param b the length, the longest, or the standard deviation
 */
record LengthDistribution(Shape shape, int a, int b) {
  private static final Pattern TWO_NUMBERS =
      Pattern.compile("(uniform|normal):(\\d{1,9}):(\\d{1,9})");
  private static final Pattern ONE_NUMBER = Pattern.compile("\\d{1,9}");

  /** Of the distribution. */
  enum Shape {
    FIXED,
    UNIFORM,
    NORMAL
  }

  /** Reads {@code 128}, {@code uniform:64:256} or {@code normal:128:32}. */
  static final class Converter implements ITypeConverter<LengthDistribution> {
    @Override
    public LengthDistribution convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }

  static LengthDistribution parse(String text) {
    if (ONE_NUMBER.matcher(text).matches()) {
      int length = Integer.parseInt(text);
      return checked(text, new LengthDistribution(Shape.FIXED, length, length));
    }
    Matcher two = TWO_NUMBERS.matcher(text);
    if (!two.matches()) {
      throw new IllegalArgumentException(
          "'%s' is not a length: write 128, uniform:64:256 (both included) or normal:128:32 (mean and standard deviation)"
              .formatted(text));
    }
    Shape shape = two.group(1).equals("uniform") ? Shape.UNIFORM : Shape.NORMAL;
    return checked(
        text,
        new LengthDistribution(
            shape, Integer.parseInt(two.group(2)), Integer.parseInt(two.group(3))));
  }

  private static LengthDistribution checked(String text, LengthDistribution lengths) {
    if (lengths.a < 1) {
      throw new IllegalArgumentException(
          "'%s' allows empty prompts or outputs: lengths start at 1".formatted(text));
    }
    if (lengths.shape == Shape.UNIFORM && lengths.b < lengths.a) {
      throw new IllegalArgumentException(
          "'%s' has its longest before its shortest: write uniform:%d:%d"
              .formatted(text, lengths.b, lengths.a));
    }
    return lengths;
  }

  /** Draws a length, at least 1. A normal one stays within three standard deviations. */
  int sample(RandomGenerator random) {
    return switch (shape) {
      case FIXED -> a;
      case UNIFORM -> random.nextInt(a, b + 1);
      case NORMAL -> {
        double deviations = Math.clamp(random.nextGaussian(), -3, 3);
        yield (int) Math.max(1, Math.round(a + deviations * b));
      }
    };
  }

  /** Returns the longest that can be drawn. */
  long longest() {
    return shape == Shape.NORMAL ? a + 3L * b : b;
  }

  @Override
  public String toString() {
    return switch (shape) {
      case FIXED -> Integer.toString(a);
      case UNIFORM -> "uniform:%d:%d".formatted(a, b);
      case NORMAL -> "normal:%d:%d".formatted(a, b);
    };
  }
}
