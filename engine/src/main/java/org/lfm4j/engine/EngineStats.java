package org.lfm4j.engine;

/**
 * What an engine has done and holds, as of its last step.
 *
 * @param running sequences that hold pages
 * @param waiting sequences in the queue
 * @param steps steps computed
 * @param promptTokens prompt tokens computed
 * @param generatedTokens tokens generated
 * @param queriedTokens tokens looked up in the prefix cache, those of preempted sequences again
 * @param reusedTokens those of them that were found
 * @param preemptions sequences that had to give their pages back
 * @param failures requests that failed
 * @param pagesHeld pages that running sequences hold
 * @param pages all pages
 * @param stepSizes how many tokens the steps had
 * @param expertsPerLayer how many different experts a layer read in a recent step, on average over
 *     its layers; 0 where the runner doesn't count them
 */
public record EngineStats(
    int running,
    int waiting,
    long steps,
    long promptTokens,
    long generatedTokens,
    long queriedTokens,
    long reusedTokens,
    long preemptions,
    long failures,
    int pagesHeld,
    int pages,
    StepSizes stepSizes,
    double expertsPerLayer) {}
