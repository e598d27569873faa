// SPDX-License-Identifier: Apache-2.0
package org.rigor.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.rigor.bench.JacobianPeer;

/**
 * PyTorch through DJL, which has no {@code vmap(jacrev)}: what that comes to, written out as
 * batched products over chunks of samples, without the tracing. No eigenvalues, as DJL has none.
 */
public final class DjlJacobians implements JacobianPeer {
  private static final int CHUNK = Integer.getInteger("rigor.bench.chunk", 500);

  @Override
  public String name() {
    return "DJL %s PyTorch %s, %s thread(s), batched products without eigenvalues"
        .formatted(
            Engine.getDjlVersion(),
            Engine.getEngine("PyTorch").getVersion(),
            System.getProperty("ai.djl.pytorch.num_threads", "default"));
  }

  @Override
  public Work start(Setting s) {
    NDManager manager = NDManager.newBaseManager();
    List<NDArray> weights = new ArrayList<>();
    List<NDArray> biases = new ArrayList<>();
    for (int i = 0; i + 1 < s.widths().length; i++) {
      weights.add(manager.create(s.weights()[i], new Shape(s.widths()[i], s.widths()[i + 1])));
      biases.add(manager.create(s.biases()[i], new Shape(s.widths()[i + 1])));
    }
    NDArray x = manager.create(s.x(), new Shape(s.samples(), s.widths()[0]));
    double[][] grams = new double[s.samples()][];
    int k = s.widths()[s.widths().length - 1];
    return new Work() {
      @Override
      public void run() {
        for (int from = 0; from < s.samples(); from += CHUNK) {
          int to = Math.min(s.samples(), from + CHUNK);
          try (NDManager scope = manager.newSubManager()) {
            NDArray part = x.get(from + ":" + to);
            part.attach(scope);
            double[] g = products(part, weights, biases).toDoubleArray();
            for (int i = from; i < to; i++) {
              grams[i] = Arrays.copyOfRange(g, (i - from) * k * k, (i - from + 1) * k * k);
            }
          }
        }
      }

      @Override
      public double[] gram(int sample) {
        return grams[sample];
      }

      @Override
      public void close() {
        manager.close();
      }
    };
  }

  /** J J' of each sample, [samples, K, K]. */
  private static NDArray products(NDArray x, List<NDArray> weights, List<NDArray> biases) {
    List<NDArray> masks = new ArrayList<>();
    NDArray h = x;
    int last = weights.size() - 1;
    for (int i = 0; i < last; i++) {
      NDArray z = h.matMul(weights.get(i)).add(biases.get(i));
      masks.add(z.gt(0).toType(DataType.FLOAT64, false).expandDims(1)); // [N, 1, H]
      h = ai.djl.nn.Activation.relu(z);
    }
    NDArray rows = weights.get(last).transpose().expandDims(0); // [1, K, H]
    for (int i = last - 1; i >= 0; i--) {
      rows = rows.mul(masks.get(i)).matMul(weights.get(i).transpose());
    }
    return rows.matMul(rows.transpose(0, 2, 1));
  }
}
