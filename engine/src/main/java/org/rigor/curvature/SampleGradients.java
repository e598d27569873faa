// SPDX-License-Identifier: Apache-2.0
package org.rigor.curvature;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.rigor.diff.Diff;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.Network;
import org.rigor.nn.Parameter;
import org.rigor.op.F;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Models;
import org.rigor.workspace.Workspace;

/**
 * Squared lengths of the gradients of single samples' losses, parameter by parameter, of M finished
 * networks in double. Every pair of a model and a sample is a row of the model axis, so gradients
 * belong to single samples whatever the architecture.
 */
public final class SampleGradients implements AutoCloseable {
  /** Parameter elements over all rows: 32 MiB of doubles. */
  private static final long ELEMENTS = 1L << 22;

  private final Network network;
  private final List<Parameter> trained;
  private final int models;
  private final int batch;
  private final Executable program;

  /**
   * @param squares squared gradient lengths by parameter, [M][N]
   * @param outputs of the networks, [M][N][K]
   */
  public record Result(Map<String, double[][]> squares, double[][][] outputs) {
    /** Returns the squared length of each sample's whole gradient, [M][N]. */
    public double[][] total() {
      double[][] sum = new double[outputs.length][outputs[0].length];
      for (double[][] part : squares.values()) {
        for (int m = 0; m < sum.length; m++) {
          Vectors.add(sum[m], 1, part[m]);
        }
      }
      return sum;
    }
  }

  /**
   * Compiles the program.
   *
   * @param models M
   * @param samples number of samples to measure; decides how many a run takes
   */
  public SampleGradients(Device device, Network network, SampleLoss loss, int models, int samples) {
    this.network = network;
    this.models = models;
    this.trained = network.parameters().stream().filter(p -> !p.buffer()).toList();
    long each = Math.max(1, network.parameters().stream().mapToLong(p -> p.shape().size()).sum());
    this.batch = (int) Math.max(1, Math.min(samples, ELEMENTS / (each * models)));
    this.program = Workspace.alone(device, trace(loss));
  }

  private Program trace(SampleLoss loss) {
    Program.Builder b = Program.builder("sample-gradients");
    int rows = models * batch;
    Map<String, Value> own = network.declare(b, "param/", rows, DType.F64);
    Value x = b.input("x", f64(network.input().insert(0, 1).insert(0, rows)));
    Shape one = Shape.of(rows, 1, network.outputs());
    Value outputs = F.broadcast(network.apply(own, x), one);
    Value sum = loss.of(outputs, b.input("targets", f64(one)));
    List<Value> moving = trained.stream().map(p -> own.get(p.name())).toList();
    List<Value> gradients = Diff.grad(sum, moving);
    for (int i = 0; i < moving.size(); i++) {
      Shape s = gradients.get(i).shape();
      Value flat = F.reshape(gradients.get(i), Shape.of(rows, (int) (s.size() / rows)));
      b.output(trained.get(i).name(), F.sum(F.square(flat), 1));
    }
    b.output("outputs", outputs);
    return b.build();
  }

  private static TensorType f64(Shape shape) {
    return new TensorType(DType.F64, shape);
  }

  /**
   * Measures all samples.
   *
   * @param networks M of them
   * @param x [N, features...]
   * @param targets [N, K] or [M, N, K]
   */
  public Result measure(Models networks, HostTensor x, HostTensor targets) {
    int samples = x.shape().dim(0);
    int k = network.outputs();
    int features = Math.toIntExact(network.input().size());
    boolean own = targets.shape().rank() == 3 && targets.shape().dim(0) > 1;
    networks.load(program::input); // repeats every model for each sample
    Map<String, double[][]> squares = new LinkedHashMap<>();
    trained.forEach(p -> squares.put(p.name(), new double[models][samples]));
    double[][][] outputs = new double[models][samples][k];
    for (int from = 0; from < samples; from += batch) {
      double[] rows = new double[models * batch * features];
      double[] wanted = new double[models * batch * k];
      for (int i = 0; i < batch; i++) {
        int n = Math.min(samples - 1, from + i); // past the end, repeats the last sample
        for (int m = 0; m < models; m++) {
          x.copy(n * features, features, rows, (m * batch + i) * features);
          targets.copy(((own ? m * samples : 0) + n) * k, k, wanted, (m * batch + i) * k);
        }
      }
      program.input("x").write(HostTensor.of(program.input("x").type().shape(), rows));
      program.input("targets").write(HostTensor.of(Shape.of(models * batch, 1, k), wanted));
      program.run();
      store(squares, outputs, from);
    }
    return new Result(squares, outputs);
  }

  private void store(Map<String, double[][]> squares, double[][][] outputs, int from) {
    int k = network.outputs();
    int count = Math.min(batch, outputs[0].length - from);
    squares.forEach(
        (name, to) -> {
          double[] found = program.output(name).read().doubles();
          for (int m = 0; m < models; m++) {
            System.arraycopy(found, m * batch, to[m], from, count);
          }
        });
    double[] found = program.output("outputs").read().doubles();
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < count; i++) {
        System.arraycopy(found, (m * batch + i) * k, outputs[m][from + i], 0, k);
      }
    }
  }

  @Override
  public void close() {
    program.close();
  }
}
