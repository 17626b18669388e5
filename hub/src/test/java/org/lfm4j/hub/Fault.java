package org.lfm4j.hub;

import java.util.Map;

/** What the stand-in does wrong with one request. */
sealed interface Fault {
  /** Ends the connection after so many bytes of the body. */
  record Cut(int bytes) implements Fault {}

  /** Sends so many bytes of the body and then nothing until the client goes. */
  record Stall(int bytes) implements Fault {}

  /** Refuses with a status. */
  record Status(int status, Map<String, String> headers) implements Fault {
    Status(int status) {
      this(status, Map.of());
    }
  }

  /** Changes one byte of the body. */
  record WrongByte() implements Fault {}

  /** Answers a range with the whole file. */
  record IgnoredRange() implements Fault {}

  /** Answers with another range than was asked for. */
  record OtherRange() implements Fault {}

  /** Says that the address is too old. */
  record Expired() implements Fault {}
}
