package org.lfm4j.cli.vast;

import java.io.PrintWriter;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.lfm4j.vast.rental.Rental;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Says how a rental is called, and ended. */
final class RentalReport {
  private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm");

  private final Rental rental;

  RentalReport(Rental rental) {
    this.rental = rental;
  }

  void print(PrintWriter out, boolean raw) {
    if (raw) {
      out.println(json().put("server_key", rental.serverKey()).toPrettyString());
      return;
    }
    out.println(
        """

        %s serves %s: %s, %s an hour; it ends itself at %s or when idle.

        export OPENAI_BASE_URL=%s/v1 OPENAI_API_KEY=%s
        curl "$OPENAI_BASE_URL/chat/completions" -H "Authorization: Bearer $OPENAI_API_KEY" \\
          -H "Content-Type: application/json" -d '{"messages": [{"role": "user", "content": "Hello"}]}'

        This is plain HTTP: for private text use lfm vast tunnel.
        End it: lfm vast down %s\
        """
            .formatted(
                rental.label(),
                rental.model(),
                rental.gpu(),
                Money.dollars(rental.dollarsPerHour()),
                rental
                    .deadline()
                    .map(time -> TIME.format(time.atZone(ZoneId.systemDefault())))
                    .orElse("?"),
                endpoint(),
                rental.serverKey(),
                rental.label()));
  }

  /** Returns what programs get, without the key. */
  ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("label", rental.label()).put("model", rental.model());
    json.put("phase", rental.phase().name());
    rental.instance().ifPresent(id -> json.put("instance", id));
    json.put("base_url", endpoint().isEmpty() ? "" : endpoint() + "/v1");
    json.put("gpu", rental.gpu()).put("dollars_per_hour", rental.dollarsPerHour());
    rental.deadline().ifPresent(time -> json.put("ends", time.toString()));
    return json;
  }

  private String endpoint() {
    return rental.endpoint().map(String::valueOf).orElse("");
  }
}
