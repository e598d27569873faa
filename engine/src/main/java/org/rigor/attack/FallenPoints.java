// SPDX-License-Identifier: Apache-2.0
package org.rigor.attack;

import java.util.List;
import org.rigor.exec.Buffer;
import org.rigor.exec.Device;
import org.rigor.ir.Program;
import org.rigor.op.F;
import org.rigor.queue.BatchQueue;
import org.rigor.queue.Pool;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;
import org.rigor.workspace.Workspace;

/**
 * Points at which samples fell, copied to the host. A GPU gathers them first, so that the points of
 * samples that survived, often nearly all, do not cross the bus.
 */
final class FallenPoints implements AutoCloseable {
  /** Blocks of points in as many points as there are samples: the last one may be padding. */
  private static final int BLOCKS = 32;

  private static final int MOST_ROWS = 256;

  private final Buffer points;
  private final int models;
  private final int samples;
  private final Workspace space;
  private final BatchQueue gathered; // null where the host shares the device's memory

  /**
   * @param points on the device, [M, N, features...]
   */
  FallenPoints(Device device, Buffer points) {
    this.points = points;
    this.models = points.type().shape().models();
    this.samples = points.type().shape().dim(1);
    this.space = new Workspace(device, "fallen points");
    try {
      int block = Math.max(1, Math.min(MOST_ROWS, samples / BLOCKS));
      space.share("points", points);
      this.gathered =
          device.info().gpu() ? new BatchQueue(block, space.compile(program(block))) : null;
    } catch (RuntimeException | Error e) {
      space.close();
      throw e;
    }
  }

  private Program program(int block) {
    Program.Builder b = Program.builder("fallen-points");
    TensorType items = new TensorType(DType.I32, Shape.of(models, block));
    return b.output("fallen", F.gather(b.input("points", points.type()), b.input("item", items)))
        .build();
  }

  /** Returns the points, [M, N, features...]; those of items outside the pool say nothing. */
  HostTensor read(Pool fallen) {
    if (gathered == null) {
      return points.read();
    }
    int most = 0;
    for (int[] own : fallen.items()) {
      most = Math.max(most, own.length);
    }
    int[] items = new int[models * most];
    for (int m = 0; m < models; m++) {
      System.arraycopy(fallen.items()[m], 0, items, m * most, fallen.items()[m].length);
    }
    gathered.put("item", HostTensor.of(Shape.of(models, most), items));
    HostTensor rows = gathered.run(Pool.all(models, most), List.of("fallen")).get("fallen");
    HostTensor all = HostTensor.zeros(points.type());
    int features = Math.toIntExact(points.type().shape().size() / models / samples);
    for (int m = 0; m < models; m++) {
      for (int i = 0; i < fallen.items()[m].length; i++) {
        int at = m * samples + items[m * most + i];
        rows.copy((m * most + i) * features, features, all, at * features);
      }
    }
    return all;
  }

  @Override
  public void close() {
    space.close();
  }
}
