package org.lfm4j;

import org.lfm4j.engine.MemoryPlan;
import org.lfm4j.runner.Runner;

/**
 * A runner and the memory that an engine is to give it.
 *
 * @param runner not yet allocated
 * @param plan what it will take
 * @param maxBatchedTokens most tokens of one step
 * @param device where it runs, and why there if that may surprise
 */
record PlannedRunner(Runner runner, MemoryPlan plan, int maxBatchedTokens, String device) {}
