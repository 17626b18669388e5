package org.lfm4j.cli.vast;

import java.time.Duration;
import tools.jackson.databind.node.ObjectNode;

/** What runs an instance of the stand-in. */
interface Host {
  /** Adds status, message, address and ports, as they are {@code age} after the creation. */
  void describe(ObjectNode instance, Duration age);

  /** Returns whether the instance has destroyed itself. */
  boolean endsItself(Duration age);

  /** Returns whether its server listens on a port of the host. */
  boolean listensOn(int port);

  /** The instance is destroyed. */
  void stop();
}
