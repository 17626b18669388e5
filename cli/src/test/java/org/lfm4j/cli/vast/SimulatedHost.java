package org.lfm4j.cli.vast;

import java.time.Duration;
import java.util.Random;
import org.lfm4j.vast.Transport.Reply;
import tools.jackson.databind.node.ObjectNode;

/** How an instance fares on a host that exists in a test's head only. */
final class SimulatedHost implements Host {
  /** What may go wrong on a host. */
  enum Fate {
    GOOD,
    STUCK_LOADING,
    OCI_ERROR,
    IMAGE_ERROR,
    OUTBID,
    SILENT,
    BROKEN_MODEL
  }

  private final Fate fate;
  private final Duration running;
  private final Duration mapped;
  private final Duration serving;
  private final Duration limit;
  private final int port;

  /** Draws the times of its stages; {@code limit} is when its dead-man switch ends it. */
  SimulatedHost(Fate fate, Random random, Duration limit) {
    this.fate = fate;
    this.running = Duration.ofSeconds(20 + random.nextInt(300));
    this.mapped = running.plusSeconds(random.nextInt(60));
    this.serving = mapped.plusSeconds(5 + random.nextInt(400));
    this.limit = limit;
    this.port = 20_000 + random.nextInt(20_000);
  }

  @Override
  public void describe(ObjectNode instance, Duration age) {
    instance.put("intended_status", "running");
    boolean runs = runs(age);
    instance.put("ssh_host", "ssh4.vast.ai").put("ssh_port", 20_100);
    if (age.toSeconds() < 10) {
      instance.putNull("actual_status");
    } else if (fate == Fate.OCI_ERROR && !running.minus(age).isPositive()) {
      instance.put("actual_status", "created");
      instance.put("status_msg", "Error: OCI runtime create failed: container_linux.go:380");
    } else if (fate == Fate.IMAGE_ERROR && !running.minus(age).isPositive()) {
      instance.put("actual_status", "loading");
      instance.put("status_msg", "Error response: manifest unknown: manifest unknown");
    } else if (fate == Fate.OUTBID && !serving.minus(age).isPositive()) {
      instance.put("actual_status", "exited");
    } else if (runs) {
      instance.put("actual_status", "running").put("status_msg", "success, running image/ssh");
      if (!mapped.minus(age).isPositive()) {
        instance.put("public_ipaddr", " 203.0.113.9 ");
        ObjectNode mapping = instance.putObject("ports").putArray("8000/tcp").addObject();
        mapping.put("HostIp", "0.0.0.0").put("HostPort", Integer.toString(port));
      } else {
        instance.putNull("ports");
      }
    } else {
      instance.put("actual_status", "loading");
      instance.put("status_msg", "0b1c2d: Download complete");
    }
  }

  private boolean runs(Duration age) {
    return fate != Fate.STUCK_LOADING
        && fate != Fate.OCI_ERROR
        && fate != Fate.IMAGE_ERROR
        && !running.minus(age).isPositive();
  }

  @Override
  public boolean endsItself(Duration age) {
    return runs(age) && age.minus(running).compareTo(limit) >= 0;
  }

  @Override
  public boolean listensOn(int asked) {
    return asked == port && fate != Fate.SILENT;
  }

  /** Answers as {@code lfm serve} does. */
  Reply serve(String path, Duration age) {
    if (fate == Fate.BROKEN_MODEL) {
      return new Reply(503, "{\"status\":\"failed\",\"progress\":\"config.json is missing\"}");
    }
    if (serving.minus(age).isPositive()) {
      return new Reply(503, "{\"status\":\"loading\",\"progress\":\"weights 40 %\"}");
    }
    return path.equals("/health")
        ? new Reply(200, "")
        : new Reply(200, "{\"choices\":[{\"message\":{\"content\":\"Hello.\"}}]}");
  }

  @Override
  public void stop() {}
}
