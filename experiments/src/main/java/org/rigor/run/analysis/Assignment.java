// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.analysis;

import java.math.BigDecimal;
import java.util.List;
import java.util.StringJoiner;
import java.util.stream.IntStream;
import org.rigor.property.Decimals;
import org.rigor.property.vnnlib.Query;
import org.rigor.verify.Counterexample;

/** Counterexamples in the forms that VNN-COMP and the standard VNN-LIB 2.0 ask for. */
public final class Assignment {
  private Assignment() {}

  /**
   * Returns {@code ((X_0 v) ... (Y_0 v) ...)}, a pair a line: inputs as exact decimals, outputs as
   * the float network computes them there.
   */
  public static String competition(Counterexample c) {
    StringJoiner out = new StringJoiner("\n", "(", ")\n");
    BigDecimal[] x = c.point().exact();
    for (int i = 0; i < x.length; i++) {
      out.add("(X_" + i + " " + plain(x[i]) + ")");
    }
    for (int j = 0; j < c.floatOutputs().length; j++) {
      out.add("(Y_" + j + " " + number(c.floatOutputs()[j]) + ")");
    }
    return out.toString();
  }

  /**
   * Returns the tensors of a query, each a line with name, type and shape and then a value a line:
   * inputs as exact decimals, outputs within the sides of their values in real arithmetic.
   */
  public static String standard(Query q, Counterexample c) {
    StringBuilder out = new StringBuilder();
    tensor(out, q.input(), List.of(c.point().exact()));
    tensor(
        out,
        q.output(),
        IntStream.range(0, c.lower().length)
            .mapToObj(j -> Decimals.exact(c.lower()[j] / 2 + c.upper()[j] / 2))
            .toList());
    return out.toString();
  }

  private static void tensor(StringBuilder out, Query.Tensor t, List<BigDecimal> values) {
    StringJoiner dims = new StringJoiner(",", "[", "]");
    t.dims().forEach(d -> dims.add(d.toString()));
    out.append("%s %s %s\n".formatted(t.name(), t.type(), dims));
    values.forEach(v -> out.append(plain(v)).append('\n'));
  }

  private static String number(float y) {
    return Float.isFinite(y) ? plain(new BigDecimal(Float.toString(y))) : Float.toString(y);
  }

  private static String plain(BigDecimal v) {
    return v.signum() == 0 ? "0.0" : v.stripTrailingZeros().toPlainString();
  }
}
