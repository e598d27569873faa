// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import java.util.List;
import java.util.Optional;
import org.rigor.ir.Expr;
import org.rigor.ir.Range;
import org.rigor.ir.Slopes;
import org.rigor.ir.Value;
import org.rigor.ir.fn.Functions;

/** Cosine for |x| &lt;= 2^17, NaN beyond. */
public record Cos() implements Pointwise, MeasuredRounding {
  @Override
  public Expr body(List<Expr> x) {
    return Functions.cos(x.get(0));
  }

  @Override
  public Value chain(Value y, int i, Value t) {
    return F.neg(F.mul(t, F.sin(y.input(0))));
  }

  @Override
  public double slope(Value y, Slopes of) {
    return of.times(1);
  }

  @Override
  public Optional<Range> derivatives() {
    return Optional.of(new Range(-1, 1));
  }
}
