// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.measure;

import org.rigor.data.Box;
import org.rigor.lipschitz.JacobianNorms;
import org.rigor.lipschitz.Nearby;
import org.rigor.run.study.LipschitzSpecs;
import org.rigor.tensor.HostTensor;
import org.rigor.tensor.Shape;
import org.rigor.threat.Norm;

/** Largest Jacobian norm on a dense grid of the plane: the best lower side available. */
final class GridMeasurement implements Measurement {
  private final LipschitzSpecs.JacobianGrid spec;

  GridMeasurement(LipschitzSpecs.JacobianGrid spec) {
    this.spec = spec;
  }

  @Override
  public void require(Untrained u) {
    Shape input = u.network().input();
    if (!input.equals(Shape.of(2))) {
      throw new IllegalArgumentException("needs inputs of two numbers, got " + input);
    }
  }

  @Override
  public String phase(String type) {
    return "lipschitz";
  }

  @Override
  public void run(Context c) {
    int n = spec.points();
    double[] x = new double[2 * n * n];
    for (int i = 0; i < n * n; i++) {
      x[2 * i] = at(i % n);
      x[2 * i + 1] = at(i / n);
    }
    HostTensor points = HostTensor.of(Shape.of(n * n, 2), x);
    JacobianNorms j =
        JacobianNorms.measure(
            c.models(), points, Norm.L2, Nearby.in(new Box(spec.low(), spec.high())));
    for (int m = 0; m < c.trials().size(); m++) {
      c.gathered()
          .get(m)
          .put("lipschitz-grid", j.certified(m), j.kind(), "largest Jacobian norm on a grid");
      TrialArrays.write(c, m, "jacobian-grid", HostTensor.of(Shape.of(n, n), j.placed()[m]));
    }
  }

  private double at(int i) {
    return spec.low() + (spec.high() - spec.low()) * i / (spec.points() - 1);
  }
}
