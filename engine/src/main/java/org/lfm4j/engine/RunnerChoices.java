package org.lfm4j.engine;

import java.util.Arrays;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Batch;
import org.lfm4j.runner.ChoiceParams;
import org.lfm4j.runner.Choices;
import org.lfm4j.runner.StepResult;
import org.lfm4j.sampling.Sampler;
import org.lfm4j.sampling.SamplingException;
import org.lfm4j.sampling.SamplingParams;
import org.lfm4j.sampling.TokenLogprobs;

/**
 * Leaves to a runner the choice of tokens that it can make, and reads what it chose. The host keeps
 * what is rare: biased logits, log-probabilities of the whole vocabulary, and the first tokens of
 * several samples of a prompt, which come from the same logits. Engine thread only.
 */
final class RunnerChoices {
  private final int vocabSize;
  private final Slots slots;
  private final MasksAhead masksAhead;

  /** Made once, since a step allocates nothing. */
  private final Runnable setMasks = this::setMasks;

  private final Batch batch;

  /** The sequences of the choices, and why there is no mask for them. */
  private final Sequence[] choosers;

  private final @Nullable Throwable[] maskFailures;

  /**
   * Prepares the choices of a batch.
   *
   * @param slots of the runner
   */
  RunnerChoices(Batch batch, Slots slots, int maxSequences, int vocabSize, MasksAhead masksAhead) {
    this.batch = batch;
    this.vocabSize = vocabSize;
    this.masksAhead = masksAhead;
    this.slots = slots;
    this.choosers = new Sequence[maxSequences];
    this.maskFailures = new @Nullable Throwable[maxSequences];
  }

  /** Empties the choices for a batch that is about to be filled. */
  void begin() {
    batch.choices().setMasksReady(setMasks);
  }

  /**
   * Says who chooses the next token of a scheduled sequence, which gets one.
   *
   * @param logitIndex which of the wanted logits are those of its last row
   * @return the choice, or {@link Step#HOST}
   */
  int add(Sequence sequence, int logitIndex) {
    return hostChooses(sequence) ? Step.HOST : choose(sequence, logitIndex);
  }

  /**
   * Once this is false for a sequence it stays so: of a token that the host chooses, a slot would
   * not hear.
   */
  private static boolean hostChooses(Sequence sequence) {
    return sequence.hasSiblings()
        || sequence.sampler.biases()
        || sequence.request.sampling().logprobs().equals(OptionalInt.of(SamplingParams.ALL));
  }

  private int choose(Sequence sequence, int logitIndex) {
    Choices choices = batch.choices();
    ChoiceParams params = sequence.choiceParams(vocabSize);
    int slot = params.penalizes() ? slots.slotOf(sequence, choices) : Choices.NO_SLOT;
    int choice = choices.count();
    choosers[choice] = sequence;
    maskFailures[choice] = null;
    Sampler sampler = sequence.sampler;
    double uniform = sequence.awaitsToken() ? sampler.followingUniform() : sampler.uniform();
    batch.choose(logitIndex, params, slot, uniform);
    if (sampler.forbids()) {
      choices.addMask(vocabSize);
    }
    return choice;
  }

  // A grammar that can't be followed must fail its own request, not the step.
  @SuppressWarnings("CatchThrowable")
  private void setMasks() {
    masksAhead.join();
    Choices choices = batch.choices();
    for (int choice = 0; choice < choices.count(); choice++) {
      if (choices.mask(choice) != Choices.NO_MASK) {
        int from = choices.mask(choice) * choices.maskWords();
        try {
          choosers[choice].sampler.writeMask(choices.maskBits(), from);
        } catch (Throwable e) {
          maskFailures[choice] = e;
          Arrays.fill(choices.maskBits(), from, from + choices.maskWords(), -1L);
        }
      }
    }
  }

  /**
   * Returns the token that the runner chose.
   *
   * @throws SamplingException if there is none
   */
  int token(int choice, StepResult result) throws Throwable {
    Throwable maskFailure = maskFailures[choice];
    if (maskFailure != null) {
      throw maskFailure;
    }
    int token = result.tokens()[choice];
    return switch (token) {
      case StepResult.NAN -> throw SamplingException.notFinite(Float.NaN);
      case StepResult.INFINITE -> throw SamplingException.notFinite(Float.POSITIVE_INFINITY);
      case StepResult.NONE_LEFT -> throw SamplingException.noneLeft();
      default -> token;
    };
  }

  /**
   * Returns the log-probabilities that the runner computed for the token that it chose.
   *
   * @throws SamplingException if logits are not finite
   */
  TokenLogprobs logprobs(int choice, StepResult result, int top) {
    float logprob = result.logprobs()[choice];
    if (!Float.isFinite(logprob)) {
      throw SamplingException.noLogprobs(logprob);
    }
    int from = choice * StepResult.MAX_LOGPROBS;
    int to = from + Math.min(top, vocabSize);
    return new TokenLogprobs(
        result.tokens()[choice],
        logprob,
        result.ranks()[choice],
        Arrays.copyOfRange(result.topIds(), from, to),
        Arrays.copyOfRange(result.topLogprobs(), from, to));
  }
}
