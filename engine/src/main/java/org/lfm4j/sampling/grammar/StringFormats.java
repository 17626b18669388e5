package org.lfm4j.sampling.grammar;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The formats of strings that are enforced, as patterns that match the whole string: RFC 3339
 * dates, times and durations, RFC 4122 UUIDs, RFC 5321 mailboxes, RFC 1123 hosts, IP addresses and
 * RFC 3986 URIs.
 */
final class StringFormats {
  private static final String YEAR = "\\d{4}";
  private static final String LEAP_YEAR =
      "(?:\\d\\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
  private static final String DATE =
      "(?:"
          + YEAR
          + "-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\\d|30)"
          + "|02-(?:0[1-9]|1\\d|2[0-8]))|"
          + LEAP_YEAR
          + "-02-29)";
  private static final String TIME =
      "(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(?:\\.\\d{1,9})?(?:[zZ]|[+-](?:[01]\\d|2[0-3]):[0-5]\\d)";
  private static final String TIME_SPAN =
      "T(?:\\d{1,9}H(?:\\d{1,9}M(?:\\d{1,9}S)?)?|\\d{1,9}M(?:\\d{1,9}S)?|\\d{1,9}S)";
  private static final String DURATION =
      "P(?:\\d{1,9}W|(?:\\d{1,9}Y(?:\\d{1,9}M(?:\\d{1,9}D)?)?|\\d{1,9}M(?:\\d{1,9}D)?|\\d{1,9}D)(?:"
          + TIME_SPAN
          + ")?|"
          + TIME_SPAN
          + ")";
  private static final String LABEL = label(58);
  private static final String SHORT_LABEL = label(22);

  /** Few labels of full length or more short ones, so that 253 characters are never exceeded. */
  private static final String HOST =
      "(?:%s(?:\\.%s){0,2}|%s(?:\\.%s){3,8})".formatted(LABEL, LABEL, SHORT_LABEL, SHORT_LABEL);

  private static final String ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}";
  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
  private static final String IPV4 = "(?:" + OCTET + "\\.){3}" + OCTET;
  private static final String GROUP = "[0-9A-Fa-f]{1,4}";
  private static final String IPV6 = ipv6();
  private static final String URI_CHARACTER = "(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})";
  private static final String URI =
      "[A-Za-z][A-Za-z0-9+.-]*:(?://(?:(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?(?:\\[(?:"
          + IPV6
          + ")\\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::\\d{0,5})?(?:/"
          + URI_CHARACTER
          + "*)?|/?(?:(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
          + URI_CHARACTER
          + "*)?)(?:\\?(?:"
          + URI_CHARACTER
          + "|\\?)*)?(?:#(?:"
          + URI_CHARACTER
          + "|\\?)*)?";

  private static final Map<String, String> PATTERNS =
      Map.of(
          "date", DATE,
          "time", TIME,
          "date-time", DATE + "[tT]" + TIME,
          "duration", DURATION,
          "uuid", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
          "email", ATOM + "(?:\\." + ATOM + "){0,2}@" + HOST,
          "hostname", HOST,
          "ipv4", IPV4,
          "ipv6", IPV6,
          "uri", URI);

  private static final Set<String> UNSUPPORTED =
      Set.of(
          "idn-email",
          "idn-hostname",
          "iri",
          "iri-reference",
          "json-pointer",
          "regex",
          "relative-json-pointer",
          "uri-reference",
          "uri-template");

  private StringFormats() {}

  /** Returns the pattern of a format, empty if the format is not one of JSON schema's. */
  static Optional<String> pattern(Schema schema, String format) {
    if (UNSUPPORTED.contains(format)) {
      throw schema.error("format \"%s\" is not supported".formatted(format));
    }
    return Optional.ofNullable(PATTERNS.get(format));
  }

  /**
   * A part of a host name, the middle of which may be so long. Hyphens in both third and fourth
   * place mark encoded names, which would have to be decoded to be checked: they are left out.
   */
  private static String label(int middle) {
    return "[A-Za-z0-9](?:[A-Za-z0-9]|[A-Za-z0-9-](?:[A-Za-z0-9-]?[A-Za-z0-9]"
        + "|(?:[A-Za-z0-9][A-Za-z0-9-]|-[A-Za-z0-9])[A-Za-z0-9-]{0,"
        + middle
        + "}[A-Za-z0-9]))?";
  }

  /** Eight groups, one run of which may be left out; the last two may be an IPv4 address. */
  private static String ipv6() {
    StringBuilder pattern = new StringBuilder();
    String last = "(?:" + GROUP + ":" + GROUP + "|" + IPV4 + ")";
    pattern.append("(?:").append(GROUP).append(":){6}").append(last);
    for (int before = 0; before <= 7; before++) {
      String left = before == 0 ? "" : "(?:" + GROUP + ":){" + (before - 1) + "}" + GROUP;
      int after = 7 - before;
      pattern.append('|').append(left).append("::");
      if (after > 0) {
        pattern.append("(?:(?:").append(GROUP).append(":){0,").append(after - 1).append('}');
        pattern.append(GROUP);
        if (after > 1) {
          pattern.append("|(?:").append(GROUP).append(":){0,").append(after - 2).append('}');
          pattern.append(IPV4);
        }
        pattern.append(")?");
      }
    }
    return pattern.toString();
  }
}
