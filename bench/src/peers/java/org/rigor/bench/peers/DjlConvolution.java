// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import java.util.ArrayList;
import java.util.List;
import org.rigor.bench.ConvolutionPeer;
import org.rigor.bench.TrainingPeer;

/** A convolutional network as bare arrays in PyTorch's own layout, [N, C, H, W]. */
public final class DjlConvolution implements ConvolutionPeer {
  private static final Shape TWO = new Shape(2, 2);
  private static final Shape ONE = new Shape(1, 1);

  @Override
  public String name() {
    return new DjlPyTorch().name();
  }

  @Override
  public TrainingPeer.Training start(Work work) {
    return new Run(work);
  }

  private static final class Run implements TrainingPeer.Training {
    private final NDManager manager = NDManager.newBaseManager();
    private final List<NDArray> kernels = new ArrayList<>();
    private final List<NDArray> biases = new ArrayList<>();
    private final NDArray dense;
    private final NDArray denseBias;
    private final NDArray x;
    private final NDArray labels;
    private final float rate;
    private final Loss crossEntropy = Loss.softmaxCrossEntropyLoss();
    private double loss;

    Run(Work work) {
      int before = 1;
      for (int i = 0; i < work.channels().length; i++) {
        int channels = work.channels()[i];
        NDArray k = manager.create(work.kernels().get(i), new Shape(3, 3, before, channels));
        kernels.add(manager.from(k.transpose(3, 2, 0, 1)));
        biases.add(manager.zeros(new Shape(channels)));
        before = channels;
      }
      int left = work.left();
      NDArray w = manager.create(work.dense(), new Shape(left, left, before, work.classes()));
      dense = manager.from(w.transpose(2, 0, 1, 3).reshape(-1, work.classes()));
      denseBias = manager.zeros(new Shape(work.classes()));
      x = manager.create(work.images(), new Shape(work.batch(), 1, work.side(), work.side()));
      labels = manager.create(work.labels(), new Shape(work.batch(), 1));
      rate = work.rate();
      parameters().forEach(p -> p.setRequiresGradient(true));
    }

    private List<NDArray> parameters() {
      List<NDArray> all = new ArrayList<>(kernels);
      all.addAll(biases);
      all.add(dense);
      all.add(denseBias);
      return all;
    }

    private NDArray forward() {
      NDArray h = x;
      for (int i = 0; i < kernels.size(); i++) {
        h = Conv2d.conv2d(h, kernels.get(i), biases.get(i), TWO, ONE).singletonOrThrow();
        h = Activation.relu(h);
      }
      NDArray logits = h.reshape(labels.getShape().get(0), -1).matMul(dense).add(denseBias);
      return crossEntropy.evaluate(new NDList(labels), new NDList(logits));
    }

    @Override
    public void step() {
      try (NDManager scope = manager.newSubManager()) {
        x.tempAttach(scope);
        try (GradientCollector gradients = Engine.getInstance().newGradientCollector()) {
          NDArray value = forward();
          value.tempAttach(scope);
          gradients.backward(value);
          loss = value.getFloat();
        }
        parameters().forEach(p -> descend(p, scope));
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

    @Override
    public double loss() {
      return loss;
    }

    @Override
    public void close() {
      manager.close();
    }
  }
}
