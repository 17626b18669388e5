package org.lfm4j.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.lfm4j.runner.Batch;

/** The lists that the attention kernels work through. */
class AttentionWorkTest {
  private static final int KEY_HEADS = 8;
  private static final int MULTIPROCESSORS = 132;
  private static final int CHUNK_TOKENS = 32;
  private static final int SPLIT = 256;
  private static final int MOST_ROWS = 4096;
  private static final int MOST_SEQUENCES = 300;

  private final AttentionWork work =
      new AttentionWork(
          KEY_HEADS,
          MULTIPROCESSORS,
          CHUNK_TOKENS,
          AttentionWork.mostItems(MOST_ROWS, MOST_SEQUENCES, CHUNK_TOKENS));

  /** An item as the kernels read it. */
  private record Item(
      int row, int rows, int position, int pages, int from, int to, int slot, int parts) {

    int splits() {
      return (position + rows - 1) / SPLIT + 1;
    }
  }

  /** Cached tokens of a sequence, and its rows in the step. */
  private record Part(int cached, int rows) {}

  @Test
  void everyKeyOfEveryRowIsReadOnce() {
    Random random = new Random(7);
    for (int trial = 0; trial < 200; trial++) {
      List<Part> parts = new ArrayList<>();
      int rows = 0;
      for (int s = random.nextInt(1, 40); s > 0; s--) {
        int some = random.nextInt(3) > 0 ? 1 : random.nextInt(1, 100);
        int cached = random.nextInt(4) > 0 ? random.nextInt(600) : random.nextInt(40_000);
        parts.add(new Part(cached, some));
        rows += some;
      }
      assertThat(rows).isLessThanOrEqualTo(MOST_ROWS);
      plan(parts);
      assertCovers(parts);
      assertSlotsAreApart();
      assertLongestFirst(items(work.decode()));
      assertLongestFirst(items(work.chunks()));
      assertLongestFirst(items(work.merges()));
    }
  }

  private static void assertLongestFirst(List<Item> items) {
    assertThat(items)
        .isSortedAccordingTo(
            Comparator.comparingInt((Item i) -> i.from - i.to)
                .thenComparingInt(Item::row)
                .thenComparingInt(Item::from));
  }

  private void assertCovers(List<Part> parts) {
    List<Item> decode = items(work.decode());
    List<Item> chunks = items(work.chunks());
    int row = 0;
    int pages = 0;
    for (Part part : parts) {
      List<Item> kind = part.rows == 1 ? decode : chunks;
      for (int r = 0; r < part.rows; r++) {
        BitSet seen = new BitSet();
        int at = row + r;
        for (Item item : kind) {
          if (item.row <= at && at < item.row + item.rows) {
            assertThat(item.position).isEqualTo(part.cached + item.row - row);
            assertThat(item.pages).isEqualTo(pages);
            assertThat(item.rows).isLessThanOrEqualTo(part.rows == 1 ? 1 : CHUNK_TOKENS);
            assertThat(item.to).isGreaterThan(item.from).isLessThanOrEqualTo(item.splits());
            assertThat(seen.get(item.from, item.to).isEmpty()).isTrue();
            seen.set(item.from, item.to);
          }
        }
        int splits = (part.cached + r) / SPLIT + 1;
        assertThat(seen.nextClearBit(0)).isGreaterThanOrEqualTo(splits);
      }
      row += part.rows;
      pages += Math.ceilDiv(part.cached + part.rows, PageLayout.TOKENS);
    }
    int keysRead = decode.stream().mapToInt(i -> i.rows * (i.to - i.from)).sum();
    int keysThere = decode.stream().filter(i -> i.from == 0).mapToInt(Item::splits).sum();
    assertThat(keysRead).isEqualTo(keysThere);
  }

  private void assertSlotsAreApart() {
    List<Item> all = new ArrayList<>(items(work.decode()));
    all.addAll(items(work.chunks()));
    BitSet taken = new BitSet();
    List<Item> split = all.stream().filter(i -> i.slot >= 0).toList();
    split.stream()
        .collect(Collectors.groupingBy(Item::slot))
        .forEach((slot, sharers) -> {
          Item one = sharers.getFirst();
          int end = slot + one.splits() * one.rows;
          assertThat(end).isLessThanOrEqualTo(AttentionWork.SLOTS);
          assertThat(taken.get(slot, end).isEmpty()).isTrue();
          taken.set(slot, end);
          assertThat(sharers).hasSizeGreaterThan(1).allMatch(i -> i.row == one.row);
          assertThat(sharers).allMatch(i -> i.parts == sharers.size());
        });
    List<Integer> merged = items(work.merges()).stream().map(Item::slot).sorted().toList();
    List<Integer> wanted =
        items(work.chunks()).stream()
            .map(Item::slot)
            .filter(slot -> slot >= 0)
            .distinct()
            .sorted()
            .toList();
    assertThat(merged).isEqualTo(wanted);
    all.stream().filter(i -> i.slot < 0).forEach(i -> assertThat(i.to).isEqualTo(i.splits()));
  }

  @Test
  void aLongSequenceAloneKeepsTheWholeDeviceBusy() {
    plan(List.of(new Part(32_767, 1)));
    int blocks = MULTIPROCESSORS * AttentionWork.DECODE_BLOCKS;
    int items = work.decode().count() * KEY_HEADS;
    assertThat(items).isBetween(blocks / 2, blocks);
    assertThat(items(work.decode())).allMatch(i -> i.slot == 0 && i.to - i.from <= 3);
    assertThat(work.merges().count()).isZero();
  }

  @Test
  void whatIsNotWorthAMergeStaysWhole() {
    plan(List.of(new Part(511, 1), new Part(0, 512)));
    assertThat(items(work.decode())).allMatch(i -> i.slot < 0);
    assertThat(items(work.chunks())).hasSize(16).allMatch(i -> i.slot < 0);
    List<Part> many = new ArrayList<>();
    for (int s = 0; s < 256; s++) {
      many.add(new Part(1499, 1));
    }
    plan(many);
    assertThat(items(work.decode())).hasSize(256).allMatch(i -> i.slot < 0);
    plan(List.of(new Part(30_000, 2048)));
    assertThat(items(work.chunks())).hasSize(64).allMatch(i -> i.slot < 0);
  }

  @Test
  void aShortChunkAfterALongPrefixIsSplitAndMerged() {
    plan(List.of(new Part(30_000, 32), new Part(10, 2)));
    assertThat(work.chunks().count()).isGreaterThan(MULTIPROCESSORS / KEY_HEADS);
    assertThat(items(work.merges())).singleElement().matches(i -> i.rows == 32 && i.row == 0);
  }

  @Test
  void whereNoSlotsAreLeftItemsAreWhole() {
    plan(List.of(new Part(130_000, 31)));
    assertThat(31 * 508).isGreaterThan(AttentionWork.SLOTS);
    assertThat(items(work.chunks()))
        .singleElement()
        .matches(i -> i.slot < 0 && i.to == 508 && i.parts == 1);
  }

  @Test
  void theLongestItemsComeFirst() {
    plan(List.of(new Part(10, 1), new Part(5000, 1), new Part(700, 40), new Part(0, 64)));
    for (AttentionWork.Items list : List.of(work.decode(), work.chunks())) {
      List<Integer> lengths = items(list).stream().map(i -> i.from - i.to).toList();
      assertThat(lengths).isSorted();
    }
  }

  private void plan(List<Part> parts) {
    Batch batch = new Batch(MOST_ROWS, MOST_SEQUENCES);
    for (Part part : parts) {
      int pages = Math.ceilDiv(part.cached + part.rows, PageLayout.TOKENS);
      batch.addSequence(part.cached, new int[pages], pages);
      for (int r = 0; r < part.rows; r++) {
        batch.addRow(0, r == part.rows - 1);
      }
    }
    work.plan(batch);
  }

  private static List<Item> items(AttentionWork.Items list) {
    int[] ints = new int[list.count() * AttentionWork.ITEM_INTS];
    list.copyTo(ints, 0);
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < ints.length; i += AttentionWork.ITEM_INTS) {
      items.add(
          new Item(
              ints[i],
              ints[i + 1],
              ints[i + 2],
              ints[i + 3],
              ints[i + 4],
              ints[i + 5],
              ints[i + 6],
              ints[i + 7]));
    }
    return items;
  }
}
