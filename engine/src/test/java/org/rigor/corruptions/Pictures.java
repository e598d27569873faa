// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import java.util.Map;
import java.util.Random;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Smooth random images with edges, and corruptions run on the CPU. */
final class Pictures {
  /** One for all tests, as corruptions share kernels. */
  private static final Device CPU = new CpuDevice(1, "scalar", "test");

  private Pictures() {}

  /** [1, n, h, w, c] F32: a few waves, and a brighter disc. */
  static HostTensor of(int seed, int n, int h, int w, int c) {
    float[] x = new float[n * h * w * c];
    for (int i = 0; i < n; i++) {
      Random r = new Random(seed * 1000L + i);
      double[] p = r.doubles(8).toArray();
      for (int k = 0; k < h * w * c; k++) {
        double row = k / c / w / (double) h;
        double column = k / c % w / (double) w;
        double wave = Math.cos(9 * p[0] * row + 7 * p[1] * column + 6 * p[2] + k % c);
        boolean disc = Math.hypot(row - p[3], column - p[4]) < 0.15 + 0.2 * p[5];
        x[i * h * w * c + k] =
            (float) Math.max(0, Math.min(1, 0.4 + 0.3 * wave + (disc ? 0.3 : 0)));
      }
    }
    return HostTensor.of(Shape.of(1, n, h, w, c), x);
  }

  static HostTensor ids(int from, int n) {
    int[] ids = new int[n];
    for (int i = 0; i < n; i++) {
      ids[i] = from + i;
    }
    return HostTensor.of(Shape.of(1, n), ids);
  }

  static HostTensor key(int... words) {
    return HostTensor.of(Shape.of(words.length / 2, 2), words);
  }

  static HostTensor corrupt(Corruption c, int severity, HostTensor x, int key, int firstId) {
    Program p = Corruptions.program(c, severity, x.type());
    int n = x.shape().dim(1);
    return run(p, Map.of("x", x, "key", key(key, 1), "ids", ids(firstId, n)));
  }

  static HostTensor run(Program p, Map<String, HostTensor> inputs) {
    try (Executable e = CPU.compile(p)) {
      p.inputs().keySet().forEach(name -> e.input(name).write(inputs.get(name)));
      e.run();
      return e.output("y").read();
    }
  }

  /** Image i of a batch, [1, 1, h, w, c]. */
  static HostTensor one(HostTensor x, int i) {
    int size = Math.toIntExact(x.shape().size() / x.shape().dim(0) / x.shape().dim(1));
    float[] part = new float[size];
    System.arraycopy(x.floats(), i * size, part, 0, size);
    return HostTensor.of(x.shape().with(0, 1).with(1, 1), part);
  }

  static double distance(HostTensor a, HostTensor b) {
    double sum = 0;
    for (int i = 0; i < a.shape().size(); i++) {
      sum += (a.get(i) - b.get(i)) * (a.get(i) - b.get(i));
    }
    return Math.sqrt(sum / a.shape().size());
  }
}
