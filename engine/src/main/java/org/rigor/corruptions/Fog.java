// SPDX-License-Identifier: Apache-2.0
package org.rigor.corruptions;

import java.util.List;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.op.Randoms;
import org.rigor.tensor.Shape;

/** A fractal cloud over the image, rescaled to keep the image's largest value. */
public record Fog() implements Corruption {
  private static final double WIBBLE = 100;

  @Override
  public String name() {
    return "fog";
  }

  @Override
  public String differs() {
    return "maps of other images than 32 x 32 have the next power of two as their side";
  }

  @Override
  public Value apply(Value x, int severity, Randoms draws) {
    Pixels.require(x);
    double[] c =
        Corruption.constants(
            severity,
            new double[] {0.2, 3},
            new double[] {0.5, 3},
            new double[] {0.75, 2.5},
            new double[] {1, 2},
            new double[] {1.5, 1.75});
    int h = Pixels.height(x);
    int w = Pixels.width(x);
    Value map = plasma(x, draws, Math.max(h, w), c[1]); // [M, B, side, side]
    Value cut = F.slice(F.slice(map, 2, 0, h), 3, 0, w);
    Value cloud = F.reshape(cut, cut.shape().insert(4, 1));
    Value top = F.max(x, 2, 3, 4);
    Value scale = F.div(top, F.add(top, c[0]));
    return Pixels.clip(F.mul(F.add(x, F.mul(cloud, c[0])), scale));
  }

  /** Computes diamond-square noise on a torus (Fournier et al. 1982), scaled to [0, 1]. */
  private Value plasma(Value x, Randoms draws, int least, double decay) {
    Value map = null;
    double wibble = WIBBLE;
    int n = 1;
    for (int level = 0; n < least || level == 0; level++, n *= 2) {
      String site = "corruption/" + name() + "/" + level;
      Shape grid = Shape.of(n, n);
      Value centre = noise(draws, site + "/squares", x, grid, wibble);
      if (map == null) {
        map = F.mul(centre, 0);
      }
      Value pairs = F.add(map, roll(map, 2, -1));
      centre = F.add(F.mul(F.add(pairs, roll(pairs, 3, -1)), 0.25), centre);
      Value across = F.add(F.add(centre, roll(centre, 2, 1)), F.add(map, roll(map, 3, -1)));
      Value right = F.add(F.mul(across, 0.25), noise(draws, site + "/right", x, grid, wibble));
      Value along = F.add(F.add(centre, roll(centre, 3, 1)), F.add(map, roll(map, 2, -1)));
      Value below = F.add(F.mul(along, 0.25), noise(draws, site + "/below", x, grid, wibble));
      map = interleave(map, right, below, centre);
      wibble /= decay;
    }
    Value low = F.min(map, 2, 3);
    Value high = F.max(map, 2, 3);
    return F.div(F.sub(map, low), F.sub(high, low));
  }

  /**
   * Draws noise up to the squared wibble: the original multiplies its wibble by numbers up to the
   * wibble.
   */
  private static Value noise(Randoms draws, String site, Value x, Shape grid, double wibble) {
    double most = wibble * wibble;
    return draws.uniform(site, x.dtype(), grid, -most, most);
  }

  /** Moves element i to i + by, wrapping around. */
  private static Value roll(Value x, int axis, int by) {
    int n = x.shape().dim(axis);
    int cut = Math.floorMod(-by, n);
    return cut == 0 ? x : F.concat(axis, F.slice(x, axis, cut, n), F.slice(x, axis, 0, cut));
  }

  /**
   * Interleaves four grids [M, B, n, n] as the corners of the 2 x 2 blocks of one [M, B, 2n, 2n].
   */
  private static Value interleave(Value corner, Value right, Value below, Value centre) {
    Shape s = corner.shape();
    Shape block = s.insert(4, 1).insert(3, 1); // [M, B, n, 1, n, 1]
    List<Value> upper = List.of(F.reshape(corner, block), F.reshape(right, block));
    List<Value> lower = List.of(F.reshape(below, block), F.reshape(centre, block));
    Value all = F.concat(3, F.concat(5, upper), F.concat(5, lower));
    return F.reshape(all, Shape.of(s.dim(0), s.dim(1), 2 * s.dim(2), 2 * s.dim(3)));
  }
}
