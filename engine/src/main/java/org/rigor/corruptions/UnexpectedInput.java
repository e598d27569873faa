// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import java.util.Locale;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Order;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/** Images outside a classifier's domain, in the shape of those within it. */
public enum UnexpectedInput {
  /** Each value uniform in [0, 1]. */
  UNIFORM_NOISE {
    @Override
    public Value of(Value x, Randoms draws) {
      return draws.unit("unexpected/uniform-noise", x.dtype(), GaussianNoise.image(x));
    }
  },
  /** One gray level per image, uniform in [0, 1]. */
  BLANK {
    @Override
    public Value of(Value x, Randoms draws) {
      Value gray = draws.unit("unexpected/blank", x.dtype(), Shape.of(1, 1, 1));
      return F.broadcast(gray, x.shape().with(0, gray.shape().models()));
    }
  },
  /** 1 - x. */
  INVERTED {
    @Override
    public Value of(Value x, Randoms draws) {
      return F.add(F.neg(x), 1);
    }
  },
  /**
   * The pixels of an image in a random order, drawn per image: the values remain, the content is
   * lost.
   */
  SHUFFLED {
    @Override
    public Value of(Value x, Randoms draws) {
      int h = Pixels.height(x);
      int w = Pixels.width(x);
      Shape plane = Shape.of(h * w);
      Value u = draws.unit("unexpected/shuffled", x.dtype(), plane);
      Value order = F.cast(Order.argSort(u, false), x.dtype()); // [M, B, H W]
      Value place = F.reshape(order, Shape.of(order.shape().models(), order.shape().dim(1), h, w));
      Value row = Pixels.floor(F.div(place, F.constant(place, w)));
      Value column = F.sub(place, F.mul(row, w));
      return Pixels.at(x, row, column, Pixels.Border.EDGE);
    }
  };

  /**
   * Traces the inputs.
   *
   * @param x images [M or 1, B, H, W, C] in [0, 1]; some inputs use only their shape
   */
  public abstract Value of(Value x, Randoms draws);

  /** Returns the name in files: {@code uniform-noise}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
