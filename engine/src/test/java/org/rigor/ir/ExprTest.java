// SPDX-License-Identifier: Apache-2.0
package org.rigor.ir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.rigor.ir.ExprType.BOOL;
import static org.rigor.ir.ExprType.F32;
import static org.rigor.ir.ExprType.F64;
import static org.rigor.ir.ExprType.I32;
import static org.rigor.ir.ExprType.I64;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExprTest {
  private static final Expr X = Expr.arg(0, F32);
  private static final Expr Y = Expr.arg(1, F32);

  @Test
  void equalTreesAreOneObject() {
    assertThat(Expr.add(Expr.mul(X, Y), X)).isSameAs(Expr.add(Expr.mul(X, Y), X));
    assertThat(Expr.add(X, Y)).isNotSameAs(Expr.add(Y, X));
    assertThat(Expr.arg(0, F64)).isNotSameAs(X);
    assertThat(Expr.constant(F32, 0.0)).isNotSameAs(Expr.constant(F32, -0.0));
  }

  @Test
  void sharedSubtreesAreCountedAndWalkedOnce() {
    Expr e = X;
    for (int i = 0; i < 2000; i++) {
      e = Expr.mul(e, e);
    }
    assertThat(e.nodeCount()).isEqualTo(2000);
    assertThat(e.substitute(List.of(Y)).args()).containsExactly(Y);
    assertThat(e.key().length()).isLessThan(60_000);
  }

  @Test
  void foldsOnlyWhatIsExact() {
    Expr one = Expr.constant(F32, 1);
    assertThat(Expr.mul(X, one)).isSameAs(X);
    assertThat(Expr.div(X, one)).isSameAs(X);
    assertThat(Expr.add(X, Expr.constant(F32, -0.0))).isSameAs(X);
    assertThat(Expr.sub(X, Expr.constant(F32, 0.0))).isSameAs(X);
    // -0 + 0 is +0, and 0 * NaN is NaN.
    assertThat(Expr.add(X, Expr.constant(F32, 0.0))).isNotSameAs(X);
    assertThat(Expr.sub(X, Expr.constant(F32, -0.0))).isNotSameAs(X);
    assertThat(Expr.mul(X, Expr.constant(F32, 0)).isConstant()).isFalse();
    assertThat(Expr.add(Expr.constant(F32, 0.1), Expr.constant(F32, 0.2)).value())
        .isEqualTo(0.1f + 0.2f);
  }

  @Test
  void constantsAreParametersAndLiteralsAreNot() {
    Expr half = Expr.add(Expr.mul(X, Expr.constant(F32, 0.5)), Expr.constant(F32, 2));
    Expr third = Expr.add(Expr.mul(X, Expr.constant(F32, 0.3)), Expr.constant(F32, 7));
    assertThat(half.key()).isEqualTo(third.key());
    assertThat(third.parameterize().paramBits())
        .containsExactly((long) Float.floatToIntBits(0.3f), (long) Float.floatToIntBits(7));
    assertThat(Expr.mul(X, Expr.literal(F32, 0.5)).key())
        .isNotEqualTo(Expr.mul(X, Expr.literal(F32, 0.3)).key());
    long[] y = ExprInterpreter.eval(half.parameterize(), Float.floatToIntBits(3));
    assertThat(Float.intBitsToFloat((int) y[0])).isEqualTo(3.5f);
  }

  @Test
  void outputsOfOneKernelShareParametersAndSubtrees() {
    Expr decayed = Expr.mul(X, Expr.constant(F32, 0.9));
    ExprKernel kernel = ExprKernel.of(List.of(decayed, Expr.add(decayed, Y)));
    assertThat(kernel.nodeCount()).isEqualTo(2);
    assertThat(kernel.paramTypes()).containsExactly(F32);
    assertThat(kernel.args()).containsExactly(X, Y);
  }

  @Test
  void extremaPropagateNaNAndPreferTheSecondOfEquals() {
    Expr max = Expr.max(X, Y);
    Expr min = Expr.min(X, Y);
    double nan = Double.NaN;
    for (double[] p : new double[][] {{nan, 1}, {1, nan}, {nan, nan}}) {
      assertThat(ExprInterpreter.evalDouble(max, p)).isNaN();
      assertThat(ExprInterpreter.evalDouble(min, p)).isNaN();
    }
    assertThat(ExprInterpreter.evalDouble(max, 2, 3)).isEqualTo(3);
    assertThat(ExprInterpreter.evalDouble(min, 2, 3)).isEqualTo(2);
    assertThat(ExprInterpreter.evalDouble(max, 0.0, -0.0)).isEqualTo(-0.0);
    Expr zero = Expr.constant(F32, 0.0);
    for (Expr relu : List.of(Expr.max(X, zero), Expr.max(zero, X))) {
      assertThat(relu.nodeCount()).isEqualTo(2);
      assertThat(ExprInterpreter.evalDouble(relu, nan)).isNaN();
      assertThat(ExprInterpreter.evalDouble(relu, -2)).isZero();
      assertThat(ExprInterpreter.evalDouble(relu, 2)).isEqualTo(2);
    }
  }

  @Test
  void castsFollowJava() {
    Expr toInt = Expr.cast(X, I32);
    assertThat(ExprInterpreter.evalDouble(toInt, Double.NaN)).isZero();
    assertThat(ExprInterpreter.evalDouble(toInt, 3e10)).isEqualTo(Integer.MAX_VALUE);
    assertThat(ExprInterpreter.evalDouble(toInt, -2.9)).isEqualTo(-2);
    assertThat(ExprInterpreter.evalDouble(Expr.cast(X, BOOL), -0.0)).isZero();
    assertThat(ExprInterpreter.evalDouble(Expr.cast(Expr.gt(X, Y), F64), 2, 1)).isEqualTo(1);
    assertThat(Expr.bitcast(Expr.literal(F32, 1), I32).bits()).isEqualTo(0x3f800000);
    assertThat(Expr.ushr(Expr.literal(I32, -1), 28).bits()).isEqualTo(15);
    assertThat(Expr.shl(Expr.literal(I64, 1), 40).bits()).isEqualTo(1L << 40);
  }

  @Test
  void typeErrorsSayWhatWasNeeded() {
    assertThatThrownBy(() -> Expr.add(X, Expr.arg(1, F64)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("add: needs operands of one type out of F32, F64, I32 or I64, got [F32, F64]");
    assertThatThrownBy(() -> Expr.select(X, X, X)).hasMessageContaining("a BOOL condition");
    assertThatThrownBy(() -> Expr.sqrt(Expr.arg(0, I32))).hasMessageContaining("F32 or F64");
    assertThatThrownBy(() -> Expr.constant(I32, 0.5)).hasMessageContaining("needs an integer");
    assertThatThrownBy(() -> X.substitute(List.of(Expr.arg(0, I32))))
        .hasMessage("substitute: arg 0 is F32, its replacement is I32");
  }
}
