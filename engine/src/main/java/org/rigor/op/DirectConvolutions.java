// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.tensor.Shape;

/**
 * Replacement of convolutions whose windows have no other reader by {@link DirectConv}, and of
 * their adjoints by {@link DirectConvAdjoint}: for devices whose blocks share memory, where the
 * kernels of one model fit. Programs that also need gradients by the kernels keep the windows.
 * Whether a convolution is replaced depends on its shape, not on the number of models.
 */
public final class DirectConvolutions {
  /** Largest size of kernels in bytes: leaves room for several blocks side by side. */
  private static final int MOST_BYTES = 32 << 10;

  private final Map<Value, Value> renamed = new IdentityHashMap<>();
  private final Map<Value, Integer> uses = new IdentityHashMap<>();
  private final long shared;

  private DirectConvolutions(int sharedBytes) {
    this.shared = Math.min(MOST_BYTES, sharedBytes);
  }

  /**
   * Returns the program with convolutions replaced.
   *
   * @param sharedBytes shared memory of the device's blocks; 0 changes nothing
   */
  public static Program run(Program p, int sharedBytes) {
    return sharedBytes == 0 ? p : new DirectConvolutions(sharedBytes).rewrite(p);
  }

  private Program rewrite(Program p) {
    for (Value v : p.nodes()) {
      v.inputs().forEach(i -> uses.merge(i, 1, Integer::sum));
    }
    p.outputs().values().forEach(v -> uses.merge(v, 1, Integer::sum));
    for (Value v : p.nodes()) {
      renamed.put(v, replaced(v));
    }
    Map<String, Value> outputs = new LinkedHashMap<>();
    p.outputs().forEach((name, v) -> outputs.put(name, renamed.get(v)));
    return p.withOutputs(outputs);
  }

  private Value replaced(Value v) {
    if (v.isInput()) {
      return v;
    }
    if (v.op() instanceof MatMul m && !m.ta() && !m.tb()) {
      Value windows = alone(v.input(0));
      Value kernels = kernels(v.input(1));
      if (windows != null && windows.op() instanceof Unfold u && kernels != null) {
        if (u.groups() == 1 && u.value() == 0 && of(u.windows(), windows, kernels)) {
          Value x = renamed.get(windows.input(0));
          Value y = Value.of(new DirectConv(u.windows()), x, renamed.get(kernels));
          return F.reshape(y, v.shape());
        }
      }
    }
    if (v.op() instanceof Fold f && f.groups() == 1) {
      Value product = alone(v.input(0));
      if (product != null && product.op() instanceof MatMul m && !m.ta() && m.tb()) {
        Value kernels = kernels(product.input(1));
        Value y = product.input(0);
        if (kernels != null && of(f.windows(), v.input(0), kernels) && y.shape().rank() == 4) {
          Shape w = v.input(0).shape();
          Shape s = y.shape(); // rows are the windows of all images, whatever axis 1 holds
          Shape image = Shape.of(s.dim(0), w.dim(1), w.dim(2), w.dim(3), s.dim(3));
          return Value.of(
              new DirectConvAdjoint(f.windows(), f.height(), f.width()),
              F.reshape(renamed.get(y), image),
              renamed.get(kernels));
        }
      }
    }
    return v.withInputs(v.inputs().stream().map(renamed::get).toList());
  }

  /** Returns the value that {@code v} reshapes; null if any value on the way has another reader. */
  private Value alone(Value v) {
    Value at = v;
    while (uses.get(at) == 1 && at.op() instanceof Reshape) {
      at = at.input(0);
    }
    return uses.get(at) == 1 ? at : null;
  }

  /** Returns the kernels [M, KH, KW, C, O] that [M, 1, K, O] is a view of; null if it is none. */
  private static Value kernels(Value v) {
    if (!(v.op() instanceof Reshape) || v.shape().rank() != 4 || v.shape().dim(1) != 1) {
      return null;
    }
    Value w = v.input(0);
    return w.shape().rank() == 5 && w.shape().dim(4) == v.shape().dim(3) ? w : null;
  }

  /**
   * Returns whether windows [M, B, OH, OW, 1, KH, KW, C] match these kernels and the kernels fit a
   * block.
   */
  private boolean of(Windows windows, Value taps, Value w) {
    Shape t = taps.shape();
    Shape k = w.shape();
    boolean meet =
        t.rank() == 8
            && k.dim(1) == windows.height()
            && k.dim(2) == windows.width()
            && k.dim(3) == t.dim(7);
    int most = Math.max(DirectConvLoops.groups(k.dim(3)), DirectConvLoops.groups(k.dim(4)));
    return meet
        && most <= DirectConvLoops.THREADS
        && DirectConvLoops.sharedBytes(k, w.dtype().bytes()) <= shared;
  }
}
