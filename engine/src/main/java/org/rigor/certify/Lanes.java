// SPDX-License-Identifier: Apache-2.0
package org.rigor.certify;

import org.rigor.queue.Slots;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.threat.Norm;
import org.rigor.workspace.Workspace;

/**
 * Slots of a queue as programs between two turns see them. Where the device runs several models at
 * once, the slots of a single network are cut into lanes, as of T models: a thread takes its lane
 * through all programs without waiting for others.
 *
 * @param prefix of the slots' names
 * @param models M, or T
 * @param rows B, or B / T
 */
record Lanes(String prefix, int models, int rows) {
  /** Slots of a lane below which the products of all lanes together are faster. */
  private static final int FEWEST = 8;

  /** Returns the slots as the queue has them. */
  static Lanes whole(int models, int slots) {
    return new Lanes(Slots.PREFIX, models, slots);
  }

  /**
   * Returns the slots of a queue, cut if that pays. Those of Euclidean balls stay together: what is
   * charged for the rounding of a dual norm grows with the slots of a model.
   */
  static Lanes of(Stage.Setup setup, int slots) {
    int models = setup.networks().count();
    int lanes = setup.networks().device().modelsAtOnce();
    boolean fair = slots % lanes == 0 && slots / lanes >= FEWEST;
    return models == 1 && lanes > 1 && fair && setup.norm() == Norm.LINF
        ? new Lanes(Workspace.LANE + Slots.PREFIX, lanes, slots / lanes)
        : whole(models, slots);
  }

  /** Returns the shape of one number a slot. */
  Shape shape() {
    return Shape.of(models, rows);
  }

  /** Returns the name of what each slot holds. */
  String name(String of) {
    return prefix + of;
  }

  TensorType f32(int numbers) {
    return new TensorType(DType.F32, shape().insert(2, numbers));
  }
}
