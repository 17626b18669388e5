package org.lfm4j.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How the Hub is reached, and where its files are kept.
 *
 * @param endpoint the Hub or a mirror of it, without a slash at the end
 * @param cache the folder of all repositories, shared with Python's {@code huggingface_hub}
 * @param token sent to the endpoint and nowhere else
 * @param offline whether only the cache may be used
 * @param symlinks whether snapshots may link to blobs
 * @param progressBars whether progress may be shown at all
 * @param headerTimeout longest wait for the head of an answer
 * @param stallTimeout longest time without a byte before a connection is given up
 * @param connections most connections at once, at least 1
 */
public record HubSettings(
    URI endpoint,
    Path cache,
    Optional<Token> token,
    boolean offline,
    boolean symlinks,
    boolean progressBars,
    Duration headerTimeout,
    Duration stallTimeout,
    int connections) {

  /** The Hub itself. */
  public static final URI HUB = URI.create("https://huggingface.co");

  /** One connection to the Hub's storage gives 40 to 60 MB/s; eight fill most lines. */
  static final int CONNECTIONS = 8;

  /** Returns what this process's environment says. */
  public static HubSettings fromEnvironment() {
    return fromEnvironment(System.getenv(), Path.of(System.getProperty("user.home")));
  }

  /**
   * Returns what variables say; they mean what they mean to Python's {@code huggingface_hub}.
   *
   * @param home the user's folder
   * @throws HubException if a variable makes no sense
   */
  public static HubSettings fromEnvironment(Map<String, String> variables, Path home) {
    return new Environment(variables, home).settings();
  }
}
