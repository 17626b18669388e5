package org.lfm4j.text.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;

/** Python's int, of any size, and float; a bool counts as 0 or 1. */
final class Numbers {
  private static final int MAX_BITS = 100_000;

  private Numbers() {}

  static boolean isNumber(Object value) {
    return value instanceof Boolean || value instanceof Double || isInteger(value);
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof BigInteger;
  }

  /** Parses an integer literal in any of Python's radixes. */
  static Object parse(String written) {
    String lower = written.toLowerCase(java.util.Locale.ROOT);
    int radix = lower.startsWith("0x") ? 16 : lower.startsWith("0o") ? 8 : 2;
    try {
      boolean prefixed = lower.length() > 1 && Character.isLetter(lower.charAt(1));
      return integer(prefixed ? new BigInteger(lower.substring(2), radix) : new BigInteger(lower));
    } catch (NumberFormatException e) {
      throw new TemplateException("'" + written + "' is no number");
    }
  }

  /** Returns the smaller of the two representations of an int. */
  static Object integer(BigInteger value) {
    return value.bitLength() < 64 ? (Object) value.longValue() : value;
  }

  static BigInteger big(Object value) {
    return switch (value) {
      case Boolean b -> b ? BigInteger.ONE : BigInteger.ZERO;
      case Long i -> BigInteger.valueOf(i);
      case BigInteger i -> i;
      default -> throw new TemplateException("an int is needed, got " + Values.type(value));
    };
  }

  static double real(Object value) {
    return switch (value) {
      case Double d -> d;
      default -> big(value).doubleValue();
    };
  }

  static int requireInt(Object value, String user) {
    Values.requireDefined(value);
    if (!isInteger(value) && !(value instanceof Boolean)) {
      throw new TemplateException(user + " wants an int, got " + Values.type(value));
    }
    BigInteger big = big(value);
    return big.bitLength() < 32 ? big.intValue() : big.signum() * Integer.MAX_VALUE;
  }

  static boolean equal(Object a, Object b) {
    boolean nan = isNaN(a) || isNaN(b);
    return !nan && compare(a, b) == 0;
  }

  private static boolean isNaN(Object value) {
    return value instanceof Double d && d.isNaN();
  }

  /** Compares exactly, also an int with a float. */
  static int compare(Object a, Object b) {
    boolean finite = Double.isFinite(real(a)) && Double.isFinite(real(b));
    if ((a instanceof Double && b instanceof Double) || !finite) {
      double x = real(a);
      double y = real(b);
      return x < y ? -1 : x > y ? 1 : x == y ? 0 : 1;
    }
    return decimal(a).compareTo(decimal(b));
  }

  private static BigDecimal decimal(Object value) {
    return value instanceof Double d ? new BigDecimal(d) : new BigDecimal(big(value));
  }

  /** Computes {@code a operator b} for one of {@code + - * / // % **}. */
  static Object compute(String operator, Object a, Object b) {
    if (a instanceof Double || b instanceof Double) {
      return real(operator, real(a), real(b));
    }
    BigInteger x = big(a);
    BigInteger y = big(b);
    return switch (operator) {
      case "+" -> integer(x.add(y));
      case "-" -> integer(x.subtract(y));
      case "*" -> {
        requireBits((long) x.bitLength() + y.bitLength());
        yield integer(x.multiply(y));
      }
      case "/" -> quotient(x, y);
      case "//" -> integer(floorDivide(x, y)[0]);
      case "%" -> integer(floorDivide(x, y)[1]);
      default -> power(x, y);
    };
  }

  private static Object real(String operator, double x, double y) {
    return switch (operator) {
      case "+" -> x + y;
      case "-" -> x - y;
      case "*" -> x * y;
      case "/" -> x / requireNonZero(y);
      case "//" -> floorDivide(x, requireNonZero(y));
      case "%" -> modulo(x, requireNonZero(y));
      default -> power(x, y);
    };
  }

  private static double quotient(BigInteger x, BigInteger y) {
    requireNonZero(y.signum());
    if (x.bitLength() <= 53 && y.bitLength() <= 53) {
      return x.doubleValue() / y.doubleValue();
    }
    return new BigDecimal(x).divide(new BigDecimal(y), new MathContext(60)).doubleValue();
  }

  private static BigInteger[] floorDivide(BigInteger x, BigInteger y) {
    requireNonZero(y.signum());
    BigInteger[] parts = x.divideAndRemainder(y);
    if (parts[1].signum() * y.signum() < 0) {
      parts[0] = parts[0].subtract(BigInteger.ONE);
      parts[1] = parts[1].add(y);
    }
    return parts;
  }

  /** As CPython's float_floor_div: exact where the plain quotient would round up. */
  private static double floorDivide(double x, double y) {
    double quotient = (x - modulo(x, y)) / y;
    double floor = Math.floor(quotient);
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  private static double modulo(double x, double y) {
    double remainder = x % y;
    if (remainder == 0) {
      return Math.copySign(0.0, y);
    }
    return (remainder < 0) == (y < 0) ? remainder : remainder + y;
  }

  private static Object power(BigInteger x, BigInteger y) {
    if (y.signum() < 0) {
      return power(x.doubleValue(), y.doubleValue());
    }
    boolean small = x.abs().compareTo(BigInteger.ONE) <= 0;
    if (small) {
      boolean odd = y.testBit(0);
      return y.signum() == 0 ? (Object) 1L : integer(odd ? x : x.abs());
    }
    requireBits(y.bitLength() > 31 ? Long.MAX_VALUE : x.bitLength() * y.longValue());
    return integer(x.pow(y.intValue()));
  }

  private static double power(double x, double y) {
    if (x == 0 && y < 0) {
      throw new TemplateException("zero can't be raised to a negative power");
    }
    if (x < 0 && y != Math.rint(y)) {
      throw new TemplateException("a negative number has no real power " + y);
    }
    double result = Math.pow(x, y);
    if (Double.isInfinite(result) && Double.isFinite(x) && Double.isFinite(y)) {
      throw new TemplateException("the result of ** is too large");
    }
    return result;
  }

  private static void requireBits(long bits) {
    if (bits > MAX_BITS) {
      throw new TemplateException("an int of more than " + MAX_BITS + " bits");
    }
  }

  private static double requireNonZero(double divisor) {
    if (divisor == 0) {
      throw new TemplateException("division by zero");
    }
    return divisor;
  }
}
