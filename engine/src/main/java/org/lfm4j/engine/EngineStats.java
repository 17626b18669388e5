package org.lfm4j.engine;

/**
 * What an engine has done and holds, as of its last step.
 *
 * @param running sequences that hold pages
 * @param waiting sequences in the queue
 * @param steps steps computed
 * @param promptTokens prompt tokens computed
 * @param generatedTokens tokens generated
 * @param reusedTokens prompt tokens found in the prefix cache
 * @param preemptions sequences that had to give their pages back
 * @param failures requests that failed
 * @param pagesHeld pages that running sequences hold
 * @param pages all pages
 */
public record EngineStats(
    int running,
    int waiting,
    long steps,
    long promptTokens,
    long generatedTokens,
    long reusedTokens,
    long preemptions,
    long failures,
    int pagesHeld,
    int pages) {}
