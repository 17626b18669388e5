package org.lfm4j.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/**
 * A {@link StepEvent} for Java Flight Recorder. Off by default; {@code jcmd PID JFR.start
 * +org.lfm4j.Step#enabled=true} records it.
 */
@Name("org.lfm4j.Step")
@Label("Engine step")
@Category("lfm4j")
@Description("What one step of the engine computed and how full the cache is")
@StackTrace(false)
@Enabled(false)
final class RecordedStep extends jdk.jfr.Event {
  @Label("Sequences")
  int sequences;

  @Label("Prefill tokens")
  int prefillTokens;

  @Label("Decode tokens")
  int decodeTokens;

  @Label("Waiting sequences")
  int waiting;

  @Label("Pages held")
  int pagesHeld;

  @Label("Tokens found in the prefix cache, so far")
  long reusedTokens;

  @Label("Preemptions, so far")
  long preemptions;

  @Label("Nanoseconds spent on scheduling and on pages")
  long schedulingNanos;

  @Label("The same of the engine thread's processor time")
  long schedulingCpuNanos;

  @Label("Nanoseconds spent on sampling and on handing out tokens")
  long samplingNanos;
}
