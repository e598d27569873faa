// SPDX-License-Identifier: Apache-2.0
package org.rigor.nn;

import java.util.List;
import java.util.Map;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Windows;
import org.rigor.tensor.Shape;

/**
 * Convolution of images [H, W, C] with zero padding, kernels [KH, KW, C / groups, outputs] and an
 * optional bias [1, 1, 1, outputs].
 *
 * @param outputs channels of the result, a multiple of groups
 * @param groups groups of channels convolved separately, a divisor of C
 * @param bias false before a normalisation, which would cancel it
 */
public record Conv2d(int outputs, Windows windows, int groups, boolean bias) implements Layer {
  public Conv2d(int outputs, Windows windows, int groups) {
    this(outputs, windows, groups, true);
  }

  public Conv2d(int outputs, Windows windows) {
    this(outputs, windows, 1);
  }

  public Conv2d {
    if (outputs < 1 || groups < 1 || outputs % groups != 0) {
      throw new IllegalArgumentException(
          "convolution: outputs must be a positive multiple of groups, got "
              + outputs
              + " outputs, "
              + groups
              + " groups");
    }
  }

  @Override
  public Shape output(Shape input) {
    ImageShapes.requireImage(input);
    if (input.dim(2) % groups != 0) {
      throw new IllegalArgumentException("the channels must be a multiple of groups " + groups);
    }
    return ImageShapes.windowed(windows, input).with(2, outputs);
  }

  @Override
  public List<Parameter> parameters(Shape input) {
    int inputs = input.dim(2) / groups;
    double fanIn = (double) windows.taps() * inputs;
    Parameter.Uniform start = new Parameter.Uniform(1 / Math.sqrt(fanIn));
    Shape kernels = Shape.of(windows.height(), windows.width(), inputs, outputs);
    Parameter weight = new Parameter("weight", kernels, start);
    return bias
        ? List.of(weight, new Parameter("bias", Shape.of(1, 1, 1, outputs), start))
        : List.of(weight);
  }

  @Override
  public Value apply(Map<String, Value> p, Value x) {
    Value y = F.conv2d(x, p.get("weight"), windows, groups);
    return bias ? F.add(y, p.get("bias")) : y;
  }
}
