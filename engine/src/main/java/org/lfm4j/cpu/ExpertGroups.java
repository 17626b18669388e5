package org.lfm4j.cpu;

import java.util.Arrays;

/**
 * A counting sort of (token, choice) pairs by expert. A choice is numbered {@code token *
 * choicesPerToken + slot}; a row is its place among all choices sorted by expert.
 */
final class ExpertGroups {
  private final int[] firstRow;
  private final int[] packedRow;
  private final int[] activeExperts;
  private final int[] rowOfChoice;
  private final int[] choiceOfRow;
  private int active;

  ExpertGroups(int experts, int mostChoices) {
    firstRow = new int[experts + 1];
    packedRow = new int[experts];
    activeExperts = new int[experts];
    rowOfChoice = new int[mostChoices];
    choiceOfRow = new int[mostChoices];
  }

  /** Groups the first {@code choices} entries. */
  void sort(int[] expertOfChoice, int choices) {
    Arrays.fill(firstRow, 0);
    for (int choice = 0; choice < choices; choice++) {
      firstRow[expertOfChoice[choice] + 1]++;
    }
    active = 0;
    int packed = 0;
    for (int e = 0; e < packedRow.length; e++) {
      int count = firstRow[e + 1];
      firstRow[e + 1] += firstRow[e];
      packedRow[e] = packed;
      if (count > 0) {
        activeExperts[active++] = e;
        packed += Activations.padded(count);
      }
    }
    for (int choice = 0; choice < choices; choice++) {
      int row = firstRow[expertOfChoice[choice]]++;
      rowOfChoice[choice] = row;
      choiceOfRow[row] = choice;
    }
    // Each entry has moved on to where the next expert begins: move them back.
    System.arraycopy(firstRow, 0, firstRow, 1, firstRow.length - 1);
    firstRow[0] = 0;
  }

  /** Number of experts that some token chose. */
  int active() {
    return active;
  }

  /** The {@code i}-th of them. */
  int expert(int i) {
    return activeExperts[i];
  }

  /** Rows of an expert. */
  int rows(int expert) {
    return firstRow[expert + 1] - firstRow[expert];
  }

  /** First row of an expert. */
  int firstRow(int expert) {
    return firstRow[expert];
  }

  /** Where an expert's activations begin when packed, counted in rows with their padding. */
  int packedRow(int expert) {
    return packedRow[expert];
  }

  /** Returns how many rows there are at most when packed, with their padding. */
  int mostPackedRows() {
    return rowOfChoice.length + packedRow.length * (Activations.padded(2) - 1);
  }

  /** Row of a choice. */
  int row(int choice) {
    return rowOfChoice[choice];
  }

  /** Choice of a row. */
  int choice(int row) {
    return choiceOfRow[row];
  }
}
