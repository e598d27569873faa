// SPDX-License-Identifier: Apache-2.0
package org.rigor.op;

import static org.rigor.op.OpSample.Operand.M;
import static org.rigor.op.OpSample.of;
import static org.rigor.op.OpSamples.distinct;
import static org.rigor.op.OpSamples.index;
import static org.rigor.op.OpSamples.ints;
import static org.rigor.op.OpSamples.normal;
import static org.rigor.op.OpSamples.real;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.rigor.op.OpSample.Sampler;

/** Samples of the ops that move rows or elements by index, or order them. */
final class IndexSamples {
  private IndexSamples() {}

  static List<OpSample> all() {
    List<OpSample> all = new ArrayList<>(rows());
    all.addAll(puts());
    all.addAll(orders());
    return all;
  }

  private static List<OpSample> rows() {
    Sampler n = normal(1);
    Sampler wide = (r, i) -> r.nextInt(9) - 2; // some below 0, some beyond the table
    return List.of(
        of("gather", new Gather(), real(n, M, 5, 3), ints(wide, M, 7)).edges(0),
        of("gather shared table", new Gather(), real(n, 1, 5, 3, 2), ints(wide, M, 7)),
        of("gather shared index", new Gather(), real(n, M, 5), ints(wide, 1, 7)),
        of("gather of i32", new Gather(), ints(index(50), M, 5, 1), ints(wide, M, 3)),
        of("scatterAdd", new ScatterAdd(5), real(n, M, 7, 3), ints(wide, M, 7)).edges(0),
        of("scatterAdd shared index", new ScatterAdd(5), real(n, M, 7), ints(wide, 1, 7)));
  }

  private static List<OpSample> puts() {
    Sampler n = normal(1);
    Put put = new Put();
    return List.of(
        of("put", put, real(n, M, 7, 3), real(n, M, 5, 3), ints(places(5, 7), M, 5)).edges(0, 1),
        of("put of more", put, real(n, M, 3, 5), real(n, M, 6, 5), ints(places(6, 3), M, 6)),
        of("put one", put, real(n, M, 4), real(n, M, 1), ints(places(1, 4), M, 1)),
        of("put aligned", put, real(n, M, 5, 2, 4), real(n, M, 3, 2, 4), ints(places(3, 5), M, 3)),
        of("put shared base", put, real(n, 1, 7, 3), real(n, M, 5, 3), ints(places(5, 7), M, 5)),
        of("put shared rows", put, real(n, M, 7, 3), real(n, 1, 5, 3), ints(places(5, 7), M, 5)),
        of("put shared index", put, real(n, M, 7), real(n, M, 5), ints(places(5, 7), 1, 5)),
        of("put shared values", put, real(n, 1, 7), real(n, 1, 5), ints(places(5, 7), M, 5)),
        of(
            "put of i32",
            put,
            ints(index(50), M, 5, 1),
            ints(index(50), M, 3, 1),
            ints(places(3, 5), M, 3)));
  }

  /** Distinct places for each {@code b} rows, some below 0 and some beyond {@code n}. */
  private static Sampler places(int b, int n) {
    List<Integer> order = new ArrayList<>();
    for (int i = -2; i < n + 2; i++) {
      order.add(i);
    }
    return (r, i) -> {
      if (i % b == 0) {
        Collections.sort(order); // a draw depends on its seed alone
        Collections.shuffle(order, r);
      }
      return order.get(i % b);
    };
  }

  private static List<OpSample> orders() {
    Sampler n = normal(1);
    Sampler wide = (r, i) -> r.nextInt(9) - 2;
    List<OpSample> out = new ArrayList<>();
    for (boolean flag : new boolean[] {false, true}) {
      out.add(of("argSort " + flag, new ArgSort(flag), real(distinct(), M, 3, 29)).edges(0));
      out.add(of("argSort of one " + flag, new ArgSort(flag), real(n, M, 1)));
      out.add(of("argSort of i32 " + flag, new ArgSort(flag), ints(index(5), M, 2, 70)));
      out.add(of("cumSum " + flag, new CumSum(1, flag), real(n, M, 7, 3)).edges(0));
      out.add(of("cumSum last " + flag, new CumSum(3, flag), real(n, M, 2, 3, 5)));
      out.add(of("cumSum of i32 " + flag, new CumSum(1, flag), ints(index(100), M, 9)));
    }
    out.add(of("takeAlong", new TakeAlong(), real(n, M, 3, 5), ints(wide, M, 3, 4)).edges(0));
    out.add(of("takeAlong shared", new TakeAlong(), real(n, 1, 5), ints(wide, M, 7)));
    out.add(of("takeAlong shared index", new TakeAlong(), real(n, M, 5), ints(wide, 1, 7)));
    out.add(
        of("scatterAlong", new ScatterAlong(5), real(n, M, 3, 7), ints(wide, M, 3, 7)).edges(0));
    out.add(of("scatterAlong shared", new ScatterAlong(5), real(n, M, 7), ints(wide, 1, 7)));
    return out;
  }
}
