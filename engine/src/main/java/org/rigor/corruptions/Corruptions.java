// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import java.util.List;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.Randoms;
import org.rigor.tensor.DType;
import org.rigor.tensor.Shape;
import org.rigor.tensor.TensorType;

/**
 * The list of corruptions: fourteen of the fifteen of CIFAR-10-C. Frost is missing because it
 * pastes crops of six photographs, which are data, not constants.
 */
public final class Corruptions {
  private Corruptions() {}

  /** The corruptions in the order of Hendrycks and Dietterich: noise, blur, weather, digital. */
  public static final List<Corruption> ALL =
      List.of(
          new GaussianNoise(),
          new ShotNoise(),
          new ImpulseNoise(),
          new DefocusBlur(),
          new GlassBlur(),
          new MotionBlur(),
          new ZoomBlur(),
          new Snow(),
          new Fog(),
          new Brightness(),
          new Contrast(),
          new ElasticTransform(),
          new Pixelate(),
          new JpegCompression());

  /**
   * Returns a corruption by name.
   *
   * @throws IllegalArgumentException if there is none, listing the known names
   */
  public static Corruption named(String name) {
    return ALL.stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    (name.equals("frost")
                            ? "frost needs photographs that are not part of this library"
                            : "unknown corruption '" + name + "'")
                        + "; known: "
                        + String.join(", ", ALL.stream().map(Corruption::name).toList())));
  }

  /**
   * Builds a program from {@code x}, {@code key} I32 [1, 2] and {@code ids} I32 [1, B] to {@code
   * y}.
   *
   * @param x type of a batch of images, [1, B, H, W, C]
   */
  public static Program program(Corruption corruption, int severity, TensorType x) {
    Program.Builder b = Program.builder(corruption.name() + " " + severity);
    Value images = b.input("x", x);
    Value key = b.input("key", new TensorType(DType.I32, Shape.of(1, 2)));
    Value ids = b.input("ids", new TensorType(DType.I32, Shape.of(1, x.shape().dim(1))));
    b.output("y", corruption.apply(images, severity, Randoms.fixed(key, ids)));
    return b.build();
  }
}
