// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.theory.deeplinear;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.linalg.Matrix;
import org.rigor.nn.TrialKey;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * A network without biases with ReLU between its layers, samples as columns, in double.
 *
 * @param inputs measurements m
 * @param width of all hidden layers
 * @param outputs extent d of a signal
 * @param layers L
 */
record ReluProgram(int inputs, int width, int outputs, int layers) {
  static String weight(int l) {
    return "weight/" + l;
  }

  private int rows(int l) {
    return l == layers ? outputs : width;
  }

  private int cols(int l) {
    return l == 1 ? inputs : width;
  }

  /** Returns weights N(0, 2 / inputs of the layer) (He et al. 2015), one model per key. */
  Map<String, HostTensor> start(List<TrialKey> keys) {
    Map<String, HostTensor> weights = new HashMap<>();
    for (int l = 1; l <= layers; l++) {
      List<Matrix> all = new ArrayList<>();
      for (TrialKey key : keys) {
        double deviation = Math.sqrt(2.0 / cols(l));
        all.add(InverseProblem.normal(key, weight(l), rows(l), cols(l), deviation));
      }
      weights.put(weight(l), Descent.stack(all));
    }
    return weights;
  }

  /**
   * Builds a full step on {@code (1 / 2n) |f(Y) - X|_F^2 + (lambda / 2) sum |W_l|^2}: inputs {@code
   * x} [M, d, n], {@code y} [M, m, n], {@code decay} [M, 1, 1]; states {@code weight/l}.
   */
  Program step(int models, int samples, double rate) {
    Program.Builder b = Program.builder("relu-step");
    List<Value> weights = declare(b, models);
    Value miss = miss(b, weights, models, samples);
    Value decay = b.input("decay", real(models, 1, 1));
    Value loss = F.mul(F.sum(F.square(miss), 1, 2), 0.5 / samples);
    List<Value> gradients = Diff.grad(loss, weights);
    Value kept = F.sub(F.constant(decay, 1), F.mul(decay, rate));
    for (int l = 1; l <= layers; l++) {
      Value w = weights.get(l - 1);
      Value step = F.mul(gradients.get(l - 1), rate);
      b.state(weight(l), F.sub(F.mul(w, kept), step));
    }
    return b.build();
  }

  /** Builds the mean of {@code |f(y) - x|^2} over the samples: output {@code error} [M, 1, 1]. */
  Program error(int models, int samples) {
    Program.Builder b = Program.builder("relu-error");
    Value miss = miss(b, declare(b, models), models, samples);
    b.output("error", F.mul(F.sum(F.square(miss), 1, 2), 1.0 / samples));
    return b.build();
  }

  private List<Value> declare(Program.Builder b, int models) {
    List<Value> weights = new ArrayList<>();
    for (int l = 1; l <= layers; l++) {
      weights.add(b.input(weight(l), real(models, rows(l), cols(l))));
    }
    return weights;
  }

  private Value miss(Program.Builder b, List<Value> weights, int models, int samples) {
    Value x = b.input("x", real(models, outputs, samples));
    Value h = b.input("y", real(models, inputs, samples));
    for (int l = 1; l <= layers; l++) {
      h = F.matmul(weights.get(l - 1), h);
      h = l < layers ? F.relu(h) : h;
    }
    return F.sub(h, x);
  }

  static TensorType real(int... dims) {
    return new TensorType(DType.F64, Shape.of(dims));
  }
}
