// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import java.util.Map;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;

/**
 * The weights of each model's best epoch by a score, kept on the device by selects: early stopping
 * without stopping. Ties keep the earlier epoch, and finished models keep their snapshot. The best
 * score is optimistic for the samples that chose it, so hold those samples out of all reported
 * results.
 */
public final class Snapshots {
  private final Device device;
  private final TrainingBuffers buffers;
  private final String prefix;
  private final int models;
  private final DType dtype;
  private final Executable keep;

  /**
   * @param of {@code param/} or {@code average/}
   */
  Snapshots(Device device, Rows rows, TrainingBuffers buffers, String name, String of) {
    this.device = device;
    this.buffers = buffers;
    this.prefix = "best/" + name + "/";
    this.models = rows.models();
    this.dtype = rows.setup().dtype();
    TensorType column = new TensorType(dtype, Shape.of(models, 1));
    int[] none = new int[models];
    double[] below = new double[models];
    java.util.Arrays.fill(below, Double.NEGATIVE_INFINITY);
    buffers.put(prefix + "score", buffers.stored(HostTensor.of(column.shape(), below)));
    buffers.put(prefix + "epoch", HostTensor.of(column.shape(), none));
    buffers.zeros("score/" + name, column);
    for (Parameter p : rows.setup().network().parameters()) {
      buffers.zeros(prefix + p.name(), p.type(models, dtype));
    }
    Program.Builder b = Program.builder("snapshot");
    Inputs in = new Inputs(b, rows);
    Value score = in.column("score/" + name);
    Value best = in.column(prefix + "score");
    Value better = F.gt(score, best);
    b.state(prefix + "score", F.select(better, score, best));
    Value epoch = in.ints(prefix + "epoch", models, 1);
    b.state(prefix + "epoch", F.select(better, in.counter("epoch"), epoch));
    Map<String, Value> now = in.parameters(of);
    in.parameters(prefix)
        .forEach(
            (p, old) -> {
              Value on = Inputs.ranked(better, old.shape().rank());
              b.state(prefix + p, F.select(on, now.get(p), old));
            });
    this.keep = buffers.link(b.build());
  }

  /**
   * Keeps the weights of each model whose score exceeds its best so far; NaN never does.
   *
   * @param scores one of each model
   */
  public void offer(double[] scores) {
    HostTensor s = HostTensor.of(Shape.of(models, 1), scores.clone());
    buffers.get("score/" + prefix.substring(5, prefix.length() - 1)).write(buffers.stored(s));
    keep.run();
  }

  /** Returns the models of the best epochs, copied on the device; the caller closes them. */
  public Models models() {
    return buffers.models(device, prefix);
  }

  /** Returns the parameters of each model's best epoch, [M, shape...]. */
  public Map<String, HostTensor> parameters() {
    return buffers.parameters(prefix);
  }

  /** Returns each model's best score, negative infinity before the first offer. */
  public double[] scores() {
    HostTensor s = buffers.get(prefix + "score").read();
    double[] out = new double[models];
    for (int m = 0; m < models; m++) {
      out[m] = s.get(m);
    }
    return out;
  }

  /** Returns the number of epochs done when each model's snapshot was taken, 0 before the first. */
  public int[] epochs() {
    return buffers.get(prefix + "epoch").read().ints();
  }
}
