package org.lfm4j.server.model;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.lfm4j.LanguageModel;
import org.lfm4j.server.http.ApiException;
import org.lfm4j.server.http.Fields;

/**
 * The model a server answers for: the names it goes by and how far it is. It exists before the
 * weights are loaded, so that the port can listen at once. Thread-safe.
 */
public final class ServedModel {

  /** How far a model is. */
  public sealed interface State {
    /** Not ready yet; {@code progress} says what happens right now. */
    record Loading(String progress) implements State {}

    /** Answers requests. */
    record Ready(LanguageModel model) implements State {}

    /** Won't answer any more; {@code reason} says why. */
    record Failed(String reason) implements State {}
  }

  private final List<String> names;
  private final String root;
  private volatile UnaryOperator<LanguageModel> wrapper = model -> model;
  private volatile Optional<LanguageModel> bare = Optional.empty();
  private volatile State state = new State.Loading("starting");

  /**
   * A model that is still to be loaded.
   *
   * @param names what requests may call it, at least one; the first is used in answers to requests
   *     that name none
   * @param root where it comes from, shown in {@code /v1/models}
   */
  public ServedModel(List<String> names, String root) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException("a served model needs at least one name");
    }
    this.names = List.copyOf(names);
    this.root = root;
  }

  /** Says what happens while the model loads. */
  public synchronized void progress(String progress) {
    state = new State.Loading(progress);
  }

  /** Has requests answered by what {@code wrapper} makes of the loaded model. */
  public synchronized void wrap(UnaryOperator<LanguageModel> wrapper) {
    this.wrapper = wrapper;
    bare.ifPresent(this::ready);
  }

  /** Lets requests through to a loaded model. The caller keeps closing it. */
  public synchronized void ready(LanguageModel model) {
    bare = Optional.of(model);
    state = new State.Ready(wrapper.apply(model));
  }

  /** Gives up: requests are refused with this reason. */
  public synchronized void failed(String reason) {
    bare = Optional.empty();
    state = new State.Failed(reason);
  }

  /**
   * Returns the loaded model as it was given to {@link #ready}, for work that no client asked for.
   */
  public Optional<LanguageModel> bare() {
    return bare;
  }

  public List<String> names() {
    return names;
  }

  public String root() {
    return root;
  }

  public State state() {
    State now = state;
    if (now instanceof State.Ready(LanguageModel model) && model.failure().isPresent()) {
      return new State.Failed(model.failure().get());
    }
    return now;
  }

  /**
   * Returns the loaded model, as the request that the current thread handles may use it.
   *
   * @throws ApiException 503 if it is not ready
   */
  public LanguageModel model() {
    return switch (state()) {
      case State.Ready(LanguageModel model) -> CallersModel.of(model);
      case State.Loading(String progress) ->
          throw ApiException.unavailable(
              "The model is not ready yet (%s): try again in a few seconds.".formatted(progress));
      case State.Failed(String reason) ->
          throw ApiException.unavailable("The model can't answer any more: " + reason);
    };
  }

  /**
   * Returns the name to answer a request with: the one it uses, or the first.
   *
   * @throws ApiException 404 if the model doesn't go by the name in the request
   */
  public String nameFor(Fields body) {
    return body.string("model").map(this::answerTo).orElse(names.getFirst());
  }

  /**
   * Returns the name to answer with.
   *
   * @param requested what the request called the model
   * @throws ApiException 404 if it doesn't go by this name
   */
  public String answerTo(String requested) {
    if (!names.contains(requested)) {
      throw ApiException.notFound(
          "model",
          "The model `%s` does not exist. This server has %s."
              .formatted(requested, String.join(", ", names)));
    }
    return requested;
  }
}
