package org.lfm4j.server.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is known about the request that the current thread handles: its id, who sent it and what it
 * has used so far. Belongs to the handler's thread, except where said otherwise.
 */
public final class RequestScope {
  public static final ScopedValue<RequestScope> CURRENT = ScopedValue.newInstance();

  private final String id;
  private final RequestLimits limits;
  private final Duration keepAlive;
  private final long startedNanos = System.nanoTime();
  private final List<Runnable> atEnd = new ArrayList<>();
  private String caller = "";
  private int promptTokens;
  private int cachedTokens;
  private int completionTokens;
  private volatile long firstEventNanos;
  private @Nullable EventOutput events;

  /**
   * Opens the scope of a request that begins now.
   *
   * @param keepAlive how long a stream may be silent before it gets a comment; zero for ever
   */
  public RequestScope(String id, RequestLimits limits, Duration keepAlive) {
    this.id = id;
    this.limits = limits;
    this.keepAlive = keepAlive;
  }

  /** Returns the id under which the client and the logs know this request. */
  public String id() {
    return id;
  }

  public RequestLimits limits() {
    return limits;
  }

  Duration keepAlive() {
    return keepAlive;
  }

  /** Returns when the request began, on {@link System#nanoTime}'s clock. */
  public long startedNanos() {
    return startedNanos;
  }

  /** Returns the name of the key it came with; empty without one. */
  public String caller() {
    return caller;
  }

  public void caller(String name) {
    caller = name;
  }

  /** Runs something once the request has been answered or given up. */
  public void atEnd(Runnable action) {
    atEnd.add(action);
  }

  /** Adds up the tokens of what the request has generated. */
  public void used(int prompt, int cached, int completion) {
    promptTokens += prompt;
    cachedTokens += cached;
    completionTokens += completion;
  }

  public int promptTokens() {
    return promptTokens;
  }

  public int cachedTokens() {
    return cachedTokens;
  }

  public int completionTokens() {
    return completionTokens;
  }

  /** Returns how long the first event of a stream took; nothing if none was sent. */
  public Optional<Duration> timeToFirstEvent() {
    long first = firstEventNanos;
    return first == 0 ? Optional.empty() : Optional.of(Duration.ofNanos(first - startedNanos));
  }

  /** Notes that an event was sent; from any thread. */
  void eventSent() {
    if (firstEventNanos == 0) {
      firstEventNanos = System.nanoTime();
    }
  }

  /** Returns the stream of events that the answer is, if it has been prepared. */
  public Optional<EventOutput> events() {
    return Optional.ofNullable(events);
  }

  void events(EventOutput output) {
    events = output;
  }

  /** Ends the scope: whatever still waits for the request is let go. */
  public void end() {
    atEnd.forEach(Runnable::run);
    events().ifPresent(EventOutput::abandon);
  }
}
