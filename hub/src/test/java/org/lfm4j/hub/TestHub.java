package org.lfm4j.hub;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A client of the stand-in that waits for nothing and writes down what it would have waited for.
 */
final class TestHub {
  static final int BLOCK_BYTES = 1024;

  final List<Duration> pauses = new CopyOnWriteArrayList<>();
  final List<String> notices = new CopyOnWriteArrayList<>();
  final HubSettings settings;
  final Hub hub;

  TestHub(URI endpoint, Path cache, Optional<String> token) {
    this(settings(endpoint, cache, token), folder -> Long.MAX_VALUE);
  }

  TestHub(HubSettings settings, FreeSpace freeSpace) {
    this.settings = settings;
    this.hub = new Hub(settings, pauses::add, freeSpace, BLOCK_BYTES);
  }

  static HubSettings settings(URI endpoint, Path cache, Optional<String> token) {
    return new HubSettings(
        endpoint,
        cache,
        token.flatMap(value -> Token.of(value, "HF_TOKEN")),
        false,
        true,
        true,
        Duration.ofSeconds(60),
        Duration.ofSeconds(60),
        4);
  }

  static HubSettings offline(HubSettings on) {
    return new HubSettings(
        on.endpoint(),
        on.cache(),
        on.token(),
        true,
        on.symlinks(),
        true,
        on.headerTimeout(),
        on.stallTimeout(),
        on.connections());
  }

  static HubSettings withoutLinks(HubSettings on) {
    return new HubSettings(
        on.endpoint(),
        on.cache(),
        on.token(),
        on.offline(),
        false,
        true,
        on.headerTimeout(),
        on.stallTimeout(),
        on.connections());
  }

  static HubSettings withStallTimeout(HubSettings on, Duration stallTimeout) {
    return new HubSettings(
        on.endpoint(),
        on.cache(),
        on.token(),
        on.offline(),
        on.symlinks(),
        true,
        on.headerTimeout(),
        stallTimeout,
        on.connections());
  }

  Snapshot pull(String model) throws InterruptedException {
    ModelReference reference = ModelReference.parse(model);
    return pull(model, Selection.of(reference));
  }

  Snapshot pull(String model, Selection selection) throws InterruptedException {
    return hub.pull(
        ModelReference.parse(model),
        selection,
        new PullListener() {
          @Override
          public void notice(String message) {
            notices.add(message);
          }
        });
  }
}
