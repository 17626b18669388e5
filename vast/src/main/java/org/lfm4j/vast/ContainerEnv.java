package org.lfm4j.vast;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads the docker-like text of {@code --env}, as in {@code -p 8000:8000 -e NAME='a value'}. Vast's
 * own command drops what it does not understand; this one refuses it.
 */
public final class ContainerEnv {
  private static final Pattern PORT = Pattern.compile("\\d+(:\\d+)?(/(tcp|udp))?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private ContainerEnv() {}

  /**
   * Returns the entries in the service's form: ports and volumes are keys with the value 1.
   *
   * @throws VastException if something is not understood
   */
  public static Map<String, String> parse(String text) {
    Map<String, String> entries = new LinkedHashMap<>();
    Iterator<String> words = words(text).iterator();
    while (words.hasNext()) {
      String option = words.next();
      if (!List.of("-p", "-e", "-h", "-v", "-n").contains(option)) {
        throw invalid("'%s' is not understood".formatted(option));
      }
      if (!words.hasNext()) {
        throw invalid("a value is missing after " + option);
      }
      add(entries, option, words.next());
    }
    return entries;
  }

  private static void add(Map<String, String> entries, String option, String value) {
    switch (option) {
      case "-p" -> {
        if (!PORT.matcher(value).matches()) {
          throw invalid(
              "-p takes ports like 8000:8000 or 8000:8000/udp, got '%s'".formatted(value));
        }
        entries.put("-p " + value, "1");
      }
      case "-e" -> {
        int equals = value.indexOf('=');
        if (equals < 0 || !NAME.matcher(value.substring(0, equals)).matches()) {
          throw invalid("-e takes NAME=VALUE");
        }
        entries.put(value.substring(0, equals), value.substring(equals + 1));
      }
      case "-h" -> entries.put("-h", value);
      default -> entries.put(option + " " + value, "1");
    }
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote != 0) {
        if (c == quote) {
          quote = 0;
        } else {
          word.append(c);
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        inWord = true;
      } else if (!Character.isWhitespace(c)) {
        word.append(c);
        inWord = true;
      } else if (inWord) {
        words.add(word.toString());
        word.setLength(0);
        inWord = false;
      }
    }
    if (quote != 0) {
      throw invalid("a quote (%s) is not closed".formatted(quote));
    }
    if (inWord) {
      words.add(word.toString());
    }
    return words;
  }

  private static VastException invalid(String what) {
    return new VastException(
        VastException.Kind.INVALID,
        "--env: %s. It takes -p PORT:PORT, -e NAME=VALUE, -h HOSTNAME, -v VOLUME and -n NETWORK."
            .formatted(what));
  }
}
