package org.lfm4j.server.http;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Closes connections whose clients stopped half way: they don't send the rest of a request, or
 * don't read their answer. Otherwise each would hold memory, and its generation a place in the
 * batch, for as long as it likes. Thread-safe.
 */
public final class Stalls {
  private static final System.Logger LOG = System.getLogger(Stalls.class.getName());

  private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();
  private final Duration receive;
  private final Duration write;

  public Stalls(RequestLimits limits) {
    this.receive = limits.receive();
    this.write = limits.write();
  }

  void add(ClientConnection connection) {
    connections.add(connection);
  }

  void remove(ClientConnection connection) {
    connections.remove(connection);
  }

  /** Looks at all connections; called now and then. */
  public void check() {
    long now = System.nanoTime();
    for (ClientConnection connection : connections) {
      if (connection.progress().writingFor(now).compareTo(write) > 0) {
        LOG.log(
            Level.WARNING,
            "A client did not read its answer for {0} s: connection closed, generation stopped",
            write.toSeconds());
        connection.progress().interruptWriter();
      } else if (connection.progress().receivingFor(now).compareTo(receive) > 0) {
        LOG.log(
            Level.WARNING,
            "A client did not finish its request within {0} s: connection closed",
            receive.toSeconds());
        connection.progress().interruptReader();
      }
    }
  }
}
