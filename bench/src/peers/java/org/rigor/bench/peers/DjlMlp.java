// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.List;
import org.rigor.bench.TrainingPeer;

/** A ReLU network as bare arrays: the least that PyTorch can be asked to do through DJL. */
final class DjlMlp implements AutoCloseable {
  private final NDManager manager;
  private final List<NDArray> weights = new ArrayList<>();
  private final List<NDArray> biases = new ArrayList<>();
  private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
  private final float rate;

  DjlMlp(NDManager parent, int[] widths, float rate) {
    this.manager = parent.newSubManager();
    this.rate = rate;
    for (int i = 0; i + 1 < widths.length; i++) {
      float deviation = (float) Math.sqrt(2.0 / widths[i]);
      Shape shape = new Shape(widths[i], widths[i + 1]);
      weights.add(manager.randomNormal(0, deviation, shape, DataType.FLOAT32));
      biases.add(manager.zeros(new Shape(widths[i + 1])));
    }
    trainable(true);
  }

  private void trainable(boolean on) {
    weights.forEach(w -> w.setRequiresGradient(on));
    biases.forEach(b -> b.setRequiresGradient(on));
  }

  private NDArray loss(NDArray x, NDArray labels) {
    NDArray h = x;
    for (int i = 0; i < weights.size(); i++) {
      h = h.matMul(weights.get(i)).add(biases.get(i));
      if (i + 1 < weights.size()) {
        h = ai.djl.nn.Activation.relu(h);
      }
    }
    return crossEntropy.evaluate(new NDList(labels), new NDList(h));
  }

  /** One SGD step on the given samples; the loss before it. */
  double step(NDArray x, NDArray labels) {
    try (NDManager scope = manager.newSubManager()) {
      x.tempAttach(scope);
      double value;
      try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
        NDArray loss = loss(x, labels);
        loss.tempAttach(scope);
        gradients.backward(loss);
        value = loss.getFloat();
      }
      weights.forEach(w -> descend(w, scope));
      biases.forEach(b -> descend(b, scope));
      return value;
    }
  }

  private void descend(NDArray parameter, NDManager scope) {
    NDArray gradient = parameter.getGradient();
    gradient.attach(scope);
    parameter.setRequiresGradient(false);
    NDArray change = gradient.mul(rate);
    change.attach(scope);
    parameter.subi(change);
    gradient.muli(0);
    parameter.setRequiresGradient(true);
  }

  /** Worst inputs found by projected gradient ascent; parameters get no gradient meanwhile. */
  NDArray attack(NDArray x, NDArray labels, TrainingPeer.Pgd pgd, NDManager scope) {
    trainable(false);
    NDArray low = x.sub(pgd.epsilon()).maximum(0);
    NDArray high = x.add(pgd.epsilon()).minimum(1);
    NDArray worst = x.duplicate();
    for (int i = 0; i < pgd.steps(); i++) {
      try (NDManager inner = scope.newSubManager()) {
        worst.attach(inner);
        worst.setRequiresGradient(true);
        try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
          gradients.backward(loss(worst, labels));
        }
        NDArray gradient = worst.getGradient();
        gradient.attach(inner);
        worst.setRequiresGradient(false);
        worst =
            worst.add(gradient.sign().mul(pgd.size())).maximum(low).minimum(high).stopGradient();
        worst.attach(scope);
      }
    }
    trainable(true);
    return worst;
  }

  @Override
  public void close() {
    manager.close();
  }
}
