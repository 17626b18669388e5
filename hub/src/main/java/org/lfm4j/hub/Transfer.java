package org.lfm4j.hub;

import java.io.IOException;
import java.util.concurrent.Semaphore;

/**
 * What all files of one pull share: the connections, and how faults are met.
 *
 * @param lanes most connections at once
 */
record Transfer(
    HubHttp http, HubApi api, Pauses pauses, PullListener listener, int lanes, Semaphore free) {

  Transfer(HubHttp http, HubApi api, Pauses pauses, PullListener listener, int lanes) {
    // Fair, so that files end one after the other rather than all at the end.
    this(http, api, pauses, listener, lanes, new Semaphore(lanes, true));
  }

  /** What is done with a connection. */
  interface Use {
    void run() throws TransientFault, IOException, InterruptedException;
  }

  Retries retries() {
    return new Retries(pauses, listener);
  }

  /** Waits for a free connection and uses it. */
  void connect(Use use) throws TransientFault, IOException, InterruptedException {
    free.acquire();
    try {
      use.run();
    } finally {
      free.release();
    }
  }
}
