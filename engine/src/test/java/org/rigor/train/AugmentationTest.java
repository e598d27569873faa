// SPDX-License-Identifier: Apache-2.0
package org.rigor.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.rigor.exec.Device;
import org.rigor.exec.Executable;
import org.rigor.exec.cpu.CpuDevice;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.nn.TrialKey;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

class AugmentationTest {
  private static final int H = 4;
  private static final int W = 3;
  private static final int C = 2;

  /** Images whose element (h, w, c) is 100 h + 10 w + c + 1: an element tells where it was. */
  private static HostTensor augmented(Augmentation a, int[] ids, int epoch) {
    int b = ids.length;
    Program.Builder p = Program.builder("augment");
    Value x = p.input("x", new TensorType(DType.F32, Shape.of(1, b, H, W, C)));
    Value key = p.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    Value id = p.input("ids", new TensorType(DType.I32, Shape.of(1, b)));
    Value step = p.input("epoch", new TensorType(DType.I32, Shape.of(1, 1)));
    p.output("y", a.apply(x, new Randoms(key, id, step)));
    float[] images = new float[b * H * W * C];
    for (int i = 0; i < images.length; i++) {
      images[i] = 100 * (i / (W * C) % H) + 10 * (i / C % W) + i % C + 1;
    }
    try (Device device = new CpuDevice(1, "scalar", "test");
        Executable e = device.compile(p.build())) {
      e.input("x").write(HostTensor.of(Shape.of(1, b, H, W, C), images));
      e.input("key").write(TrialKey.tensor(java.util.List.of(TrialKey.of(3, "train"))));
      e.input("ids").write(HostTensor.of(Shape.of(1, b), ids));
      e.input("epoch").write(HostTensor.of(Shape.of(1, 1), new int[] {epoch}));
      e.run();
      return e.output("y").read();
    }
  }

  private static int[] range(int n) {
    return java.util.stream.IntStream.range(0, n).toArray();
  }

  /** The shift and flip that explain an image; fails if none does. */
  private static String explain(HostTensor y, int image, int crop, boolean flips) {
    for (int dy = -crop; dy <= crop; dy++) {
      for (int dx = -crop; dx <= crop; dx++) {
        for (int f = 0; f <= (flips ? 1 : 0); f++) {
          boolean all = true;
          for (int i = 0; i < H * W * C; i++) {
            int h = i / (W * C) + dy;
            int w0 = i / C % W;
            int w = (f == 1 ? W - 1 - w0 : w0) + dx;
            boolean inside = h >= 0 && h < H && w >= 0 && w < W;
            double expected = inside ? 100 * h + 10 * w + i % C + 1 : 0;
            all &= y.get(image * H * W * C + i) == expected;
          }
          if (all) {
            return dy + "," + dx + "," + f;
          }
        }
      }
    }
    throw new AssertionError("image " + image + " is no shifted or flipped one");
  }

  @Test
  void everyImageIsOneOfTheCropsAndFlipsAndAllOccur() {
    HostTensor y = augmented(new Augmentation(1, true), range(600), 0);
    Map<String, Integer> count = new HashMap<>();
    for (int i = 0; i < 600; i++) {
      count.merge(explain(y, i, 1, true), 1, Integer::sum);
    }
    assertThat(count).hasSize(18);
    // 600 draws of 18: mean 33, standard deviation 5.6; the key is fixed, so this is too.
    assertThat(count.values()).allMatch(n -> n > 10 && n < 60);
  }

  @Test
  void aDrawBelongsToTheSampleAndTheEpochNotToTheBatch() {
    Augmentation a = new Augmentation(1, true);
    HostTensor all = augmented(a, range(20), 0);
    HostTensor some = augmented(a, new int[] {13, 5}, 0);
    assertThat(explain(some, 0, 1, true)).isEqualTo(explain(all, 13, 1, true));
    assertThat(explain(some, 1, 1, true)).isEqualTo(explain(all, 5, 1, true));
    HostTensor later = augmented(a, range(20), 1);
    TreeSet<Integer> changed = new TreeSet<>();
    for (int i = 0; i < 20; i++) {
      if (!explain(later, i, 1, true).equals(explain(all, i, 1, true))) {
        changed.add(i);
      }
    }
    assertThat(changed).hasSizeGreaterThan(10);
  }

  @Test
  void flipsAlone() {
    HostTensor y = augmented(new Augmentation(0, true), range(50), 0);
    TreeSet<String> seen = new TreeSet<>();
    for (int i = 0; i < 50; i++) {
      seen.add(explain(y, i, 0, true));
    }
    assertThat(seen).containsExactly("0,0,0", "0,0,1");
  }

  @Test
  void refusesWhatIsNoAugmentation() {
    assertThatThrownBy(() -> new Augmentation(0, false)).hasMessageContaining("crop 0");
    assertThatThrownBy(() -> new Augmentation(-1, true)).hasMessageContaining("crop -1");
    assertThatThrownBy(() -> augmented(new Augmentation(3, false), range(1), 0))
        .hasMessageContaining("[4, 3, 2]");
  }
}
