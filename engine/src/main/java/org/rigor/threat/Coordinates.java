// SPDX-License-Identifier: Apache-2.0
package org.rigor.threat;

import java.util.Optional;
import org.rigor.data.Box;
import org.rigor.ir.Program;
import org.rigor.ir.Value;
import org.rigor.op.F;
import org.rigor.tensor.Shape;

/**
 * Coordinates in which an attack works on a threat: those of the input, or, where features have
 * factors, those in which the ball is an ordinary one (see {@link Scale}). Every attack works in
 * them, knowing of no factors.
 */
public final class Coordinates {
  private final Threat threat;
  private final Optional<Value> factors;

  private Coordinates(Threat threat, Optional<Value> factors) {
    this.threat = threat;
    this.factors = factors;
  }

  /** Declares what a program needs: the input {@link Scale#NAME} where there are factors. */
  public static Coordinates of(Threat threat, Program.Builder b, Shape features) {
    return new Coordinates(threat, threat.scale().map(s -> s.input(b, features)));
  }

  /** Returns whether they are not those of the input. */
  public boolean scaled() {
    return factors.isPresent();
  }

  /** Returns the threat that an attack sees; points know its box by {@link #settle}. */
  public Threat threat() {
    return scaled() ? new Threat(threat.norm(), Box.NONE) : threat;
  }

  /**
   * Returns the input at coordinates, in the box. The derivative ignores that it is cut, so that a
   * feature at the box's side may turn back.
   */
  public Value point(Value z, Value x0) {
    if (!scaled()) {
      return z;
    }
    Value free = Scale.point(z, x0, factors.get());
    return F.add(free, F.detach(F.sub(threat.cut(free), free)));
  }

  /** Returns the coordinates of the input at {@code z}: in the box, and where features may move. */
  public Value settle(Value z, Value x0) {
    if (!scaled()) {
      return z;
    }
    return Scale.coordinates(threat.cut(Scale.point(z, x0, factors.get())), x0, factors.get());
  }

  /** Moves the input at coordinates into ball and box, as {@link Threat#confine} does. */
  public Threat.Confined confine(Value z, Value x0, Value radius) {
    if (!scaled()) {
      return threat.confine(z, x0, radius);
    }
    Value x = F.broadcast(Scale.point(z, x0, factors.get()), z.shape());
    Shape s = x.shape();
    int rows = s.dim(1);
    int n = Math.toIntExact(s.size() / s.models() / rows);
    Shape each = Shape.of(s.models(), rows * n, 1); // a feature is a row: its radius is its own
    Value width = F.broadcast(Scale.within(radius, factors.get()), s);
    Threat.Confined moved =
        new Threat(threat.norm(), threat.box())
            .confine(
                F.reshape(x, each), F.reshape(F.broadcast(x0, s), each), F.reshape(width, each));
    Value far = F.reshape(moved.distance(), s);
    Value f = F.broadcast(factors.get(), s);
    Value moves = F.gt(f, F.constant(f, 0));
    Value share = F.select(moves, F.div(far, F.select(moves, f, F.constant(f, 1))), far);
    Value distance = F.max(share, Norm.features(share));
    return new Threat.Confined(
        F.reshape(moved.point(), s), F.reshape(distance, Shape.of(s.models(), rows)));
  }
}
