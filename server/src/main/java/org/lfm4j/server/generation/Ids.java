package org.lfm4j.server.generation;

import java.util.UUID;

/** Names for answers and their parts that never come twice. */
public final class Ids {
  private Ids() {}

  /** Returns a prefix with 32 random hexadecimal digits. */
  public static String random(String prefix) {
    return prefix + UUID.randomUUID().toString().replace("-", "");
  }
}
