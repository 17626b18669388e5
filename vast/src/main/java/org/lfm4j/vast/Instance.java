package org.lfm4j.vast;

import java.net.URI;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A rented machine.
 *
 * @param json all that the service says of it
 */
public record Instance(ObjectNode json) {
  /** Returns its number. */
  public long id() {
    return json.path("id").asLong(0);
  }

  /** Returns the machine's number. */
  public long machineId() {
    return json.path("machine_id").asLong(0);
  }

  /** Returns the text by which programs know it again, or an empty one. */
  public String label() {
    return json.path("label").asString("");
  }

  /** Returns what it does: loading, running, exited and so on, or an empty text. */
  public String status() {
    return json.path("actual_status").asString("");
  }

  /** Returns what it was asked to do. */
  public String intendedStatus() {
    return json.path("intended_status").asString("");
  }

  /** Returns what its host says, often the progress of the image's download or an error. */
  public String message() {
    return json.path("status_msg").asString("").strip();
  }

  /** Returns the GPU's name. */
  public String gpuName() {
    return json.path("gpu_name").asString("?");
  }

  /** Returns dollars an hour. */
  public double dollarsPerHour() {
    return json.path("dph_total").asDouble(0);
  }

  /** Returns the seconds since 1970 at which it began, by the service's clock, or 0. */
  public double startSeconds() {
    return json.path("start_date").asDouble(0);
  }

  /**
   * Returns where a port of the container can be reached. There is no such address before the
   * container runs.
   */
  public Optional<URI> address(int containerPort) {
    String host = json.path("public_ipaddr").asString("").strip();
    for (JsonNode mapping : json.path("ports").path(containerPort + "/tcp")) {
      String port = mapping.path("HostPort").asString("");
      if (!host.isEmpty() && !port.isEmpty()) {
        String literal = host.contains(":") ? "[" + host + "]" : host;
        return Optional.of(URI.create("http://" + literal + ":" + port));
      }
    }
    return Optional.empty();
  }

  /** Returns the host and port that an SSH client connects to, as root. */
  public Optional<Ssh> ssh() {
    for (JsonNode mapping : json.path("ports").path("22/tcp")) {
      String host = json.path("public_ipaddr").asString("").strip();
      int port = mapping.path("HostPort").asInt(0);
      if (!host.isEmpty() && port > 0) {
        return Optional.of(new Ssh(host, port));
      }
    }
    String proxy = json.path("ssh_host").asString("").strip();
    int port = json.path("ssh_port").asInt(0);
    return proxy.isEmpty() || port == 0 ? Optional.empty() : Optional.of(new Ssh(proxy, port));
  }

  /**
   * Where an SSH server listens.
   *
   * @param host name or address
   * @param port TCP port
   */
  public record Ssh(String host, int port) {
    /** Returns the address as Vast's own command prints it. */
    @Override
    public String toString() {
      return "ssh://root@%s:%d".formatted(host, port);
    }
  }
}
