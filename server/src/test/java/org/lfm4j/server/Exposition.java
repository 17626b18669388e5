package org.lfm4j.server;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A scrape of {@code /metrics}, read as Prometheus reads it. */
record Exposition(Map<String, String> types, Map<String, Double> samples) {
  private static final Pattern SAMPLE =
      Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (\\S+)");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"([^\"]*)\"");

  static Exposition of(TestServer server) {
    return parse(server.get("/metrics").body());
  }

  static HttpResponse<String> scrape(TestServer server, String accept) {
    return server.send(
        HttpRequest.newBuilder(URI.create(server.base() + "/metrics"))
            .header("Accept", accept)
            .build());
  }

  static Exposition parse(String text) {
    Map<String, String> types = new TreeMap<>();
    Map<String, Double> samples = new HashMap<>();
    for (String line : text.split("\n")) {
      if (line.startsWith("# TYPE ")) {
        String[] words = line.split(" ");
        types.put(words[2], words[3]);
      } else if (!line.startsWith("#")) {
        Matcher matcher = SAMPLE.matcher(line);
        if (!matcher.matches()) {
          throw new AssertionError("no sample: " + line);
        }
        String labels = matcher.group(2) == null ? "" : matcher.group(2);
        samples.put(key(matcher.group(1), labels), Double.valueOf(matcher.group(3)));
      }
    }
    return new Exposition(types, samples);
  }

  /** Labels in the order of their names, without those that all of the model's metrics have. */
  private static String key(String name, String labels) {
    TreeSet<String> kept = new TreeSet<>();
    Matcher label = LABEL.matcher(labels);
    while (label.find()) {
      if (!label.group(1).equals("model_name") && !label.group(1).equals("engine")) {
        kept.add(label.group(1) + "=" + label.group(2));
      }
    }
    return kept.isEmpty() ? name : name + kept;
  }

  /** Returns a sample's value; its further labels stand in brackets, as in {@code x[le=1.0]}. */
  double value(String sample) {
    Double value = samples.get(sample);
    if (value == null) {
      throw new AssertionError("no sample " + sample);
    }
    return value;
  }

  /** Returns the names of all samples, without their labels. */
  Set<String> names() {
    Set<String> names = new TreeSet<>();
    samples.keySet().forEach(key -> names.add(key.replaceFirst("\\[.*", "")));
    return names;
  }
}
