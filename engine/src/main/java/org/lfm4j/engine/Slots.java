package org.lfm4j.engine;

import org.jspecify.annotations.Nullable;
import org.lfm4j.runner.Choices;

/**
 * Who has which slot of a runner that chooses tokens. As many slots as sequences of a step; a
 * sequence that is in no step, since it was preempted, keeps its slot until another needs it.
 * Engine thread only.
 */
final class Slots {
  private final @Nullable Sequence[] owners;

  Slots(int slots) {
    owners = new @Nullable Sequence[slots];
  }

  /** Returns the slot of a scheduled sequence, one that holds its tokens when this step chooses. */
  int slotOf(Sequence sequence, Choices choices) {
    if (sequence.slot() == Choices.NO_SLOT) {
      int slot = take();
      owners[slot] = sequence;
      sequence.slot(slot);
      choices.clearSlot(slot);
      sequence.sampler.visitHeldTokens((token, times) -> choices.enter(slot, token, times));
    }
    return sequence.slot();
  }

  private int take() {
    int idle = -1;
    for (int slot = 0; slot < owners.length; slot++) {
      Sequence owner = owners[slot];
      if (owner == null) {
        return slot;
      }
      if (owner.scheduled() == 0) {
        idle = slot;
      }
    }
    if (idle < 0) {
      throw new IllegalStateException("more sequences in a step than slots");
    }
    release(owners[idle]);
    return idle;
  }

  /** A step failed: nobody knows what the slots of its sequences hold. */
  void release(Step step) {
    for (int i = 0; i < step.size(); i++) {
      if (step.stillRuns(i)) {
        release(step.sequence(i));
      }
    }
  }

  /** What the slot of a sequence holds is no longer right or no longer needed. */
  void release(@Nullable Sequence sequence) {
    if (sequence != null && sequence.slot() != Choices.NO_SLOT) {
      owners[sequence.slot()] = null;
      sequence.slot(Choices.NO_SLOT);
    }
  }
}
