package org.lfm4j.server;

import java.time.Duration;

/**
 * How a server behaves.
 *
 * @param drain how long running answers may go on once it stops
 * @param trustRequestChatTemplate whether requests may bring a chat template of their own: it is a
 *     program, and may run for long
 */
public record ServerConfig(Duration drain, boolean trustRequestChatTemplate) {
  /** A few seconds of drain; no templates from clients. */
  public static final ServerConfig DEFAULT = new ServerConfig(Duration.ofSeconds(5), false);

  /** Returns this configuration with or without trust in clients' chat templates. */
  public ServerConfig withTrustRequestChatTemplate(boolean trust) {
    return new ServerConfig(drain, trust);
  }
}
