// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import java.util.Arrays;
import java.util.function.BiFunction;
import org.rigor.corruptions.Corruption;
import org.rigor.corruptions.UnexpectedInput;
import org.rigor.data.Box;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Images derived from test samples: corrupted ones, and inputs outside the classifier's task. All
 * networks and studies use one key, so a corrupted image depends only on image and index, as in a
 * published data set.
 */
final class ImagePrograms {
  private static final int BATCH = 100;

  private ImagePrograms() {}

  /**
   * @throws IllegalArgumentException unless samples are images of 1 or 3 channels in [0, 1]; one
   *     row or column of numbers is no image
   */
  static void require(Shape input, Box box) {
    boolean gray = input.rank() == 2;
    boolean channels = input.rank() == 3 && (input.dim(2) == 1 || input.dim(2) == 3);
    boolean plane = (gray || channels) && input.dim(0) > 1 && input.dim(1) > 1;
    if (!plane || box.lower() != 0 || box.upper() != 1) {
      throw new IllegalArgumentException(
          "corruptions need images of 1 or 3 channels with values in [0, 1], got samples %s in %s"
              .formatted(input, box));
    }
  }

  static HostTensor corrupted(
      Device device, Corruption corruption, int severity, HostTensor x, int[] ids) {
    return run(device, x, ids, (v, r) -> corruption.apply(v, severity, r));
  }

  static HostTensor unexpected(Device device, UnexpectedInput input, HostTensor x, int[] ids) {
    return run(device, x, ids, input::of);
  }

  /**
   * @param x [N, H, W] or [N, H, W, C]
   * @param ids of the samples in the data set, [N]
   */
  private static HostTensor run(
      Device device, HostTensor x, int[] ids, BiFunction<Value, Randoms, Value> body) {
    Shape s = x.shape();
    int batch = Math.min(BATCH, ids.length);
    int channels = s.rank() == 4 ? s.dim(3) : 1;
    Shape images = Shape.of(1, batch, s.dim(1), s.dim(2), channels);
    Program.Builder b = Program.builder("images");
    Value in = b.input("x", new TensorType(x.dtype(), images));
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    Value index = b.input("ids", new TensorType(DType.I32, Shape.of(1, batch)));
    b.output("y", body.apply(in, Randoms.fixed(key, index)));
    int width = Math.toIntExact(s.size() / ids.length);
    HostTensor out = HostTensor.zeros(x.type());
    try (Executable e = Workspace.alone(device, b.build())) {
      e.input("key").write(TrialKey.tensor(java.util.List.of(TrialKey.of(0, "images"))));
      for (int from = 0; from < ids.length; from += batch) {
        int count = Math.min(batch, ids.length - from);
        HostTensor some = HostTensor.zeros(in.type());
        System.arraycopy(x.array(), from * width, some.array(), 0, count * width);
        e.input("x").write(some);
        int[] which = Arrays.copyOfRange(ids, from, from + batch); // zeros past the end
        e.input("ids").write(HostTensor.of(Shape.of(1, batch), which));
        e.run();
        Object made = e.output("y").read().array();
        System.arraycopy(made, 0, out.array(), from * width, count * width);
      }
    }
    return out;
  }
}
