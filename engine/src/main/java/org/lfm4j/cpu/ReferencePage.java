package org.lfm4j.cpu;

import java.util.List;
import org.lfm4j.checkpoint.LayerKind;
import org.lfm4j.checkpoint.ModelConfig;

/**
 * One cache page of the reference runner, layer by layer. An attention layer keeps every token's
 * rotated keys and raw values, each [kvHeads * D]. A convolution layer keeps the last L-1 columns
 * [H] of its gated input after the page's last token, oldest first.
 */
final class ReferencePage {
  static final int TOKENS = 4;

  private final float[][][] keys;
  private final float[][][] values;
  private final float[][][] columns;

  ReferencePage(ModelConfig config) {
    int layers = config.layers().size();
    keys = new float[layers][TOKENS][];
    values = new float[layers][TOKENS][];
    columns = new float[layers][][];
    for (int i = 0; i < layers; i++) {
      columns[i] = zeroColumns(config, i);
    }
  }

  /** State of a convolution layer before the first token. */
  static float[][] zeroColumns(ModelConfig config, int layer) {
    boolean convolution = config.layers().get(layer) == LayerKind.CONV;
    return new float[convolution ? config.convLength() - 1 : 0][config.hiddenSize()];
  }

  /** Adds the keys and values of this page's first tokens to those of the pages before it. */
  void appendTo(int layer, int tokens, List<float[]> layerKeys, List<float[]> layerValues) {
    for (int i = 0; i < tokens; i++) {
      layerKeys.add(keys[layer][i]);
      layerValues.add(values[layer][i]);
    }
  }

  void store(int layer, int position, float[] key, float[] value) {
    keys[layer][position % TOKENS] = key;
    values[layer][position % TOKENS] = value;
  }

  float[][] columns(int layer) {
    return columns[layer];
  }

  void copyFrom(ReferencePage other) {
    for (int layer = 0; layer < keys.length; layer++) {
      keys[layer] = other.keys[layer].clone();
      values[layer] = other.values[layer].clone();
      for (int k = 0; k < columns[layer].length; k++) {
        columns[layer][k] = other.columns[layer][k].clone();
      }
    }
  }
}
