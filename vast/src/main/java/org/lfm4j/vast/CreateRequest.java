package org.lfm4j.vast;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is to run on a rented machine. Limits are those of Vast's documentation.
 *
 * @param image docker image; empty if a template names it
 * @param env as {@link ContainerEnv} returns it
 * @param bid dollars an hour of an interruptible rental; empty rents on demand
 * @param disk GB, fixed for the instance's life
 * @param label text by which programs know the instance again
 * @param onstart commands that run at each start, or the entry point of run type {@code args}
 * @param args arguments of the entry point
 * @param runType how the container is entered; empty leaves it to the template
 * @param options the service's further fields
 */
public record CreateRequest(
    Optional<String> image,
    Map<String, String> env,
    OptionalDouble bid,
    double disk,
    Optional<String> label,
    Optional<String> onstart,
    Optional<List<String>> args,
    Optional<String> runType,
    Options options) {
  /** Longest commands at start, in characters. */
  public static final int MAX_ONSTART = 4000;

  private static final int MAX_VALUE = 256;
  private static final int MAX_ENV = 32_768;
  private static final int MAX_IMAGE = 1024;
  private static final int MAX_LABEL = 256;
  private static final double MIN_DISK = 8;
  private static final double MIN_BID = 0.001;
  private static final double MAX_BID = 128;

  /** Refuses what Vast would refuse or cut. */
  public CreateRequest {
    env = Map.copyOf(env);
    require(disk >= MIN_DISK, "A disk has at least 8 GB, got %s".formatted(disk));
    require(
        bid.isEmpty() || (bid.getAsDouble() >= MIN_BID && bid.getAsDouble() <= MAX_BID),
        "A bid is 0.001 to 128 dollars an hour");
    limit("The image's name", image, MAX_IMAGE);
    limit("The label", label, MAX_LABEL);
    limit("What runs at the start (--onstart-cmd)", onstart, MAX_ONSTART);
    int total = 0;
    for (var entry : env.entrySet()) {
      limit("The variable " + entry.getKey(), Optional.of(entry.getValue()), MAX_VALUE);
      total += entry.getKey().length() + entry.getValue().length();
    }
    require(total <= MAX_ENV, "All variables together have at most 32768 characters");
  }

  /**
   * Fields that few need.
   *
   * @param imageLogin docker login of a private registry
   * @param template hash of a template
   * @param user user of the container
   * @param extra further text for the service
   * @param pythonUtf8 set Python's locale
   * @param langUtf8 set the shell's locale
   * @param jupyterLab start JupyterLab instead of notebooks
   * @param jupyterDirectory where Jupyter starts
   * @param force skip the service's checks
   */
  public record Options(
      Optional<String> imageLogin,
      Optional<String> template,
      Optional<String> user,
      Optional<String> extra,
      boolean pythonUtf8,
      boolean langUtf8,
      boolean jupyterLab,
      Optional<String> jupyterDirectory,
      boolean force) {
    /** None of them. */
    public static final Options NONE =
        new Options(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false,
            false,
            false,
            Optional.empty(),
            false);
  }

  /**
   * Returns the body of a create. An offer that is lost meanwhile is always an error: otherwise
   * Vast makes a stopped instance, whose disk is billed.
   */
  public ObjectNode toJson() {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    body.put("client_id", "me");
    text(body, "image", image);
    environment(body);
    if (bid.isPresent()) {
      body.put("price", bid.getAsDouble());
    } else {
      body.putNull("price");
    }
    body.put("disk", disk);
    common(body);
    body.put("force", options.force);
    text(body, "user", options.user);
    return body;
  }

  /** Returns the body of a launch, in which the service picks an offer of a search. */
  public ObjectNode toLaunchJson(OfferSearch search) {
    ObjectNode body = JsonNodeFactory.instance.objectNode();
    text(body, "image", image);
    body.put("disk", disk);
    body.set("q", search.toJson());
    environment(body);
    common(body);
    return body;
  }

  private void environment(ObjectNode body) {
    ObjectNode entries = body.putObject("env");
    env.forEach(entries::put);
  }

  private void common(ObjectNode body) {
    text(body, "label", label);
    text(body, "extra", options.extra);
    text(body, "onstart", onstart);
    text(body, "image_login", options.imageLogin);
    body.put("python_utf8", options.pythonUtf8);
    body.put("lang_utf8", options.langUtf8);
    body.put("use_jupyter_lab", options.jupyterLab);
    text(body, "jupyter_dir", options.jupyterDirectory);
    body.put("cancel_unavail", true);
    text(body, "template_hash_id", options.template);
    runType.ifPresent(type -> body.put("runtype", type));
    args.ifPresent(words -> {
      ArrayNode list = body.putArray("args");
      words.forEach(list::add);
    });
  }

  private static void text(ObjectNode body, String name, Optional<String> value) {
    if (value.isPresent()) {
      body.put(name, value.get());
    } else {
      body.putNull(name);
    }
  }

  private static void limit(String what, Optional<String> value, int most) {
    int length = value.map(String::length).orElse(0);
    require(length <= most, "%s has %d characters; Vast takes %d".formatted(what, length, most));
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new VastException(VastException.Kind.INVALID, message + ".");
    }
  }
}
