// SPDX-License-Identifier: Apache-2.0
package org.rigor.verify;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.rigor.nn.Activation;
import org.rigor.nn.AveragePool2d;
import org.rigor.nn.BatchNorm;
import org.rigor.nn.Conv2d;
import org.rigor.nn.Dense;
import org.rigor.nn.Flatten;
import org.rigor.nn.Layer;
import org.rigor.nn.MaxPool2d;
import org.rigor.nn.Residual;
import org.rigor.nn.Sequential;
import org.rigor.op.Windows;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;

/** Random networks of at most 12 hidden units, small enough for brute force. */
enum SmallNetworks {
  DENSE {
    @Override
    Sequential next(Random r) {
      int[][] hidden = {{6}, {4, 4}, {6, 5}, {3, 3, 3}, {12}};
      int[] own = hidden[r.nextInt(hidden.length)];
      return Sequential.mlp(
          Shape.of(2 + r.nextInt(3)), Arrays.stream(own).boxed().toList(), of(r), outputs(r));
    }
  },
  CONV {
    @Override
    Sequential next(Random r) {
      Windows w = Windows.of(2).stride(1 + r.nextInt(2)).padding(r.nextInt(2), 0, 0, 0);
      return net(r, Shape.of(2 + r.nextInt(2), 3, 1), new Conv2d(1 + r.nextInt(2), w), of(r));
    }
  },
  RESIDUAL {
    @Override
    Sequential next(Random r) {
      Layer same = new Conv2d(1, Windows.of(3).padding(1));
      List<Layer> shortcut =
          r.nextBoolean() ? List.of() : List.of(new Conv2d(1, Windows.of(1)), new BatchNorm());
      Layer block = new Residual(List.of(same, of(r), same), shortcut);
      return net(r, Shape.of(2, 2, 1), new Conv2d(1, Windows.of(1)), of(r), block, of(r));
    }
  },
  AVERAGE_POOL {
    @Override
    Sequential next(Random r) {
      Layer pool = new AveragePool2d(Windows.of(2).padding(r.nextInt(2)), r.nextBoolean());
      return net(r, Shape.of(3, 3, 1), new Conv2d(1, Windows.of(2)), of(r), pool);
    }
  },
  MAX_POOL {
    @Override
    Sequential next(Random r) {
      Layer pool = new MaxPool2d(Windows.of(2, 1 + r.nextInt(2)));
      return net(r, Shape.of(3, 3, 1), new Conv2d(1, Windows.of(2)), of(r), pool);
    }
  },
  BATCH_NORM {
    @Override
    Sequential next(Random r) {
      return net(
          r,
          Shape.of(2, 3, 1),
          new Conv2d(2, Windows.of(2)),
          new BatchNorm(),
          of(r),
          flat(),
          of(r));
    }

    private static Layer flat() {
      return new Conv2d(2, Windows.of(1, 2));
    }
  };

  abstract Sequential next(Random r);

  private static Activation of(Random r) {
    return r.nextInt(4) == 0 ? Activation.LEAKY_RELU : Activation.RELU;
  }

  private static int outputs(Random r) {
    return 2 + r.nextInt(2);
  }

  private static Sequential net(Random r, Shape input, Layer... layers) {
    List<Layer> all = new ArrayList<>(List.of(layers));
    all.add(new Flatten());
    if (r.nextBoolean()) {
      all.add(new Dense(3));
      all.add(Activation.RELU);
    }
    all.add(new Dense(outputs(r)));
    return new Sequential(input, all);
  }

  /** Returns weights of M models, numbers that floats hold, in double. */
  static Map<String, HostTensor> weights(Sequential net, int models, Random r) {
    Map<String, HostTensor> params = new LinkedHashMap<>();
    net.parameters()
        .forEach(
            p -> {
              HostTensor t = HostTensor.zeros(p.type(models, DType.F64));
              double scale = p.name().endsWith("bias") ? 0.5 : 1;
              boolean variance = p.name().endsWith("variance");
              Arrays.setAll(
                  t.doubles(),
                  i -> (float) (variance ? 0.1 + r.nextDouble() : scale * r.nextGaussian()));
              params.put(p.name(), t);
            });
    return params;
  }
}
