package org.lfm4j.vast.rental;

import java.util.Locale;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Labels by which our rentals are known again: {@code lfm-USER-RANDOM}. */
public final class Label {
  private static final Pattern SHAPE = Pattern.compile("lfm-[a-z0-9]{1,16}-[a-z0-9]{10}");
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final int RANDOM_LETTERS = 10;
  private static final int LONGEST_USER = 16;

  private Label() {}

  /** Returns a label that nothing has yet. */
  static String fresh(String user, RandomGenerator random) {
    return prefix(user) + letters(RANDOM_LETTERS, random);
  }

  /** Returns what the labels of a user begin with. */
  public static String prefix(String user) {
    String name = user.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    name = name.substring(0, Math.min(name.length(), LONGEST_USER));
    return "lfm-%s-".formatted(name.isEmpty() ? "user" : name);
  }

  /** Returns whether a label is one that lfm4j made for somebody. */
  static boolean isOurs(String label) {
    return SHAPE.matcher(label).matches();
  }

  /** Returns whether a label is one that lfm4j made for a user. */
  public static boolean isOf(String label, String user) {
    return isOurs(label) && label.startsWith(prefix(user));
  }

  /** Returns whether a label begins with a text, or the random part of it does. */
  static boolean begins(String label, String text) {
    return label.startsWith(text) || label.substring(label.lastIndexOf('-') + 1).startsWith(text);
  }

  /** Returns random letters and digits. */
  static String letters(int count, RandomGenerator random) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < count; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }
}
