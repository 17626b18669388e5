package org.lfm4j.cuda;

import java.util.Optional;
import org.lfm4j.cuda.driver.Context;
import org.lfm4j.cuda.driver.Event;
import org.lfm4j.cuda.driver.Stream;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.StepResult;

/**
 * Sends steps to the device, up to two at a time, and brings their results back in the same order.
 * On the device one follows the other; the second begins without waiting for the host. Belongs to
 * the runner's thread.
 */
final class StepQueue implements AutoCloseable {
  /** Steps between counts of experts, which cost a small copy. */
  private static final int EXPERTS_EVERY = 64;

  private static final Batch NOTHING = new Batch(0, 0);

  private final Parts parts;
  private final Stream stream;
  private final Turn[] turns;

  /** Which turn the next step has, and how many steps are on their way. */
  private int next;

  private int onTheWay;
  private long steps;
  private double expertsPerLayer;

  /** Chooses tokens; empty until its memory is taken. */
  private Optional<DeviceSampler> sampler = Optional.empty();

  /**
   * What a step passes through.
   *
   * @param one a decode step of one sequence, where the GPU has a kernel for it
   */
  record Parts(
      StepInputs inputs,
      AttentionWork attention,
      StepGraphs graphs,
      ForwardPass forward,
      Optional<Operator> one,
      Optional<ExpertCount> experts,
      HostLogits logits) {}

  /** One of two steps, with its host memory in all parts. */
  private static final class Turn {
    final Event done;
    Batch batch = NOTHING;
    boolean counting;

    Turn(Event done) {
      this.done = done;
    }
  }

  StepQueue(Context context, Stream stream, Parts parts) {
    this.stream = stream;
    this.parts = parts;
    this.turns = new Turn[] {new Turn(context.orderingEvent()), new Turn(context.orderingEvent())};
  }

  void chooseWith(DeviceSampler chosen) {
    sampler = Optional.of(chosen);
  }

  double expertsPerLayer() {
    return expertsPerLayer;
  }

  /** Returns how many tokens a step on its way chooses, which the next batch may name. */
  int chosenBefore() {
    return onTheWay == 0 ? 0 : turns[1 - next].batch.choices().count();
  }

  /** Enqueues a step. If this throws, the step isn't on its way. */
  void begin(Batch batch) {
    if (onTheWay == turns.length) {
      throw new IllegalStateException("two steps are on their way already");
    }
    Turn turn = turns[next];
    turn.batch = batch;
    try {
      if (batch.rows() > 0) {
        enqueue(turn);
      }
      stream.record(turn.done);
    } catch (RuntimeException e) {
      settle(e);
      throw e;
    }
    next = 1 - next;
    onTheWay++;
  }

  /** What was enqueued before something went wrong may still read this turn's host memory. */
  private void settle(RuntimeException cause) {
    try {
      stream.synchronize();
    } catch (RuntimeException again) {
      cause.addSuppressed(again);
    }
  }

  private void enqueue(Turn turn) {
    Batch batch = turn.batch;
    parts.attention.plan(batch);
    parts.inputs.write(next, batch, parts.attention);
    parts.inputs.upload(stream, parts.attention);
    if (sampler.isPresent()) {
      if (batch.namesChosenBefore()) {
        sampler.get().fillIn(stream, parts.inputs.tokens(), batch.rows());
      }
      sampler.get().begin(stream, next, batch.choices());
    }
    boolean decode = batch.rows() == batch.sequences() && batch.logitCount() == batch.rows();
    boolean alone = decode && batch.rows() == 1 && parts.one.isPresent();
    if (alone) {
      parts.one.orElseThrow().launch(stream, StepSize.decode(1));
    } else if (decode) {
      parts.graphs.launch(batch.rows());
    } else {
      parts.forward.launch(stream, sizeOf(batch));
    }
    if (sampler.isPresent()) {
      sampler.get().choose(stream, batch.choices());
    }
    turn.counting = steps++ % EXPERTS_EVERY == 0 && !alone && parts.experts.isPresent();
    if (turn.counting) {
      parts.experts.orElseThrow().download(stream);
    }
    parts.logits.download(stream, batch);
  }

  private StepSize sizeOf(Batch batch) {
    return new StepSize(
        batch.rows(),
        batch.logitCount(),
        batch.rows() > batch.sequences(),
        parts.attention.chunks().count(),
        parts.attention.merges().count());
  }

  /** Waits for the step begun first and hands over its results. */
  void await(StepResult result) {
    if (onTheWay == 0) {
      throw new IllegalStateException("no step is on its way");
    }
    int first = onTheWay == turns.length ? next : 1 - next;
    onTheWay--;
    Turn turn = turns[first];
    turn.done.synchronize();
    parts.logits.read(turn.batch, result);
    if (sampler.isPresent()) {
      sampler.get().read(first, turn.batch.choices(), result);
    }
    if (turn.counting) {
      expertsPerLayer = parts.experts.orElseThrow().perLayer();
    }
  }

  @Override
  public void close() {
    turns[0].done.close();
    turns[1].done.close();
  }
}
