package org.lfm4j.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfm4j.checkpoint.ModelConfig;
import org.lfm4j.cuda.driver.Stream;

/** All operators of a model, from token ids to logits, in their order. */
final class ForwardPass {
  private final List<Operator> operators;

  private ForwardPass(List<Operator> operators) {
    this.operators = List.copyOf(operators);
  }

  /** Enqueues a step of the inputs written last. */
  void launch(Stream stream, StepSize size) {
    for (Operator operator : operators) {
      operator.launch(stream, size);
    }
  }

  /**
   * What operators are made from.
   *
   * @param router empty for models without experts
   */
  record Parts(
      ModelConfig config,
      ModelAddresses weights,
      PageLayout pages,
      StepInputs inputs,
      Workspace work,
      Norms norms,
      Products products,
      Convolutions convolutions,
      Attentions attentions,
      Optional<Router> router) {}

  /** Strings the operators of a model together. */
  static ForwardPass of(Parts parts) {
    return new ForwardPass(new Builder(parts).build());
  }

  private static final class Builder {
    private final Parts parts;
    private final Workspace work;
    private final int hidden;
    private final List<Operator> operators = new ArrayList<>();

    Builder(Parts parts) {
      this.parts = parts;
      this.work = parts.work();
      this.hidden = parts.config().hiddenSize();
    }

    List<Operator> build() {
      ModelAddresses weights = parts.weights();
      StepInputs inputs = parts.inputs();
      List<LayerAddresses> layers = weights.layers();
      add(
          parts
              .norms()
              .embed(
                  inputs.address(inputs.places().tokens()),
                  weights.embedding(),
                  layers.getFirst().operatorNorm()));
      for (int i = 0; i < layers.size(); i++) {
        boolean last = i == layers.size() - 1;
        layer(i, layers.get(i), last ? weights.norm() : layers.get(i + 1).operatorNorm());
      }
      add(parts.norms().last(inputs.address(inputs.places().logitRow()), weights.norm()));
      Operator logits =
          parts
              .products()
              .logits(
                  work.last(), weights.head(), work.logits(), parts.config().vocabSize(), hidden);
      add((stream, size) -> {
        if (size.logitRows() > 0) {
          logits.launch(stream, size);
        }
      });
      return operators;
    }

    private void layer(int i, LayerAddresses layer, long nextNorm) {
      switch (layer.mixer()) {
        case LayerAddresses.Convolution c -> convolution(i, c);
        case LayerAddresses.Attention a -> attention(i, a);
      }
      switch (layer.feedForward()) {
        case LayerAddresses.Dense d -> dense(d, layer.ffnNorm(), nextNorm);
        case LayerAddresses.Experts e -> experts(i, e, layer.ffnNorm(), nextNorm);
      }
    }

    private void convolution(int i, LayerAddresses.Convolution weights) {
      Products products = parts.products();
      add(products.dense(work.normed(), weights.in(), work.mixed(), 3 * hidden, hidden));
      add(parts.convolutions().of(weights.taps(), parts.pages().stateOffset(i)));
      add(products.dense(work.gathered(), weights.out(), work.delta(), hidden, hidden));
    }

    private void attention(int i, LayerAddresses.Attention weights) {
      Products products = parts.products();
      ModelConfig config = parts.config();
      int queries = config.numHeads() * config.headDim();
      int width = queries + 2 * config.numKvHeads() * config.headDim();
      add(products.dense(work.normed(), weights.qkv(), work.mixed(), width, hidden));
      add(parts.attentions().of(weights, parts.pages().keyValueOffset(i)));
      add(products.dense(work.gathered(), weights.out(), work.delta(), hidden, queries));
    }

    private void dense(LayerAddresses.Dense weights, long norm, long nextNorm) {
      int wide = parts.config().intermediateSize();
      add(parts.norms().add(norm));
      add(parts.products().gated(work.normed(), weights.w13(), work.wide(), wide, hidden));
      add(parts.products().dense(work.wide(), weights.w2(), work.delta(), hidden, wide));
      add(parts.norms().add(nextNorm));
    }

    private void experts(int i, LayerAddresses.Experts weights, long norm, long nextNorm) {
      Router router = parts.router().orElseThrow();
      int wide = parts.config().moe().orElseThrow().intermediateSize();
      Routes routes = router.routes(i);
      add(router.of(parts.norms(), norm, weights, i));
      add(
          parts
              .products()
              .expertsGated(routes, work.normed(), weights.w13(), work.wide(), wide, hidden));
      add(
          parts
              .products()
              .experts(routes, work.wide(), weights.w2(), work.expertDelta(), hidden, wide));
      add(parts.norms().addExperts(routes.perToken(), nextNorm));
    }

    private void add(Operator operator) {
      operators.add(operator);
    }
  }
}
