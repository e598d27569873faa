// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.rigor.property.Affine;
import org.rigor.property.Formula;
import org.rigor.property.vnnlib.Lexer.Kind;

/**
 * VNN-LIB 1.x: {@code declare-const} of {@code X_i} and {@code Y_j}, the elements of input and
 * output in row-major order, and assertions that all hold. Files of VNN-COMP put pairs of
 * parentheses around conditions, and around the two terms of a comparison together.
 */
final class Version1 extends Grammar {
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final Pattern NAME = Pattern.compile("([XY])_(\\d{1,9})");

  private final BitSet inputs = new BitSet();
  private final BitSet outputs = new BitSet();
  private final List<Formula> asserts = new ArrayList<>();

  Version1(Lexer in) {
    super(in, NUMBER, "a number is such as -0.5 or 1e-3");
  }

  @Override
  boolean lenient() {
    return true;
  }

  @Override
  Affine variable(String name, int place) {
    Matcher m = matched(name, place);
    int index = Integer.parseInt(m.group(2));
    boolean input = m.group(1).equals("X");
    if (!(input ? inputs : outputs).get(index)) {
      throw in.error(place, "'" + name + "' is not declared");
    }
    return input ? Affine.input(index) : Affine.output(index);
  }

  private Matcher matched(String name, int place) {
    Matcher m = NAME.matcher(name);
    if (!m.matches()) {
      throw in.error(place, "'" + name + "' is neither an input X_i nor an output Y_j");
    }
    return m;
  }

  Query read(String source) {
    while (in.kind() != Kind.END) {
      in.require(Kind.OPEN, "(declare-const ...) or (assert ...)");
      int place = in.place();
      String command = in.require(Kind.SYMBOL, "declare-const or assert");
      switch (command) {
        case "declare-const" -> declare();
        case "assert" -> asserts.add(condition());
        default ->
            throw in.error(
                place, "'" + command + "' is not supported; known are declare-const and assert");
      }
      in.require(Kind.CLOSE, "");
    }
    return new Query(
        source,
        "1.0",
        "N",
        new Query.Tensor("X", "real", List.of(count(inputs, "X"))),
        new Query.Tensor("Y", "real", List.of(count(outputs, "Y"))),
        asserts);
  }

  private void declare() {
    int place = in.place();
    String name = in.require(Kind.SYMBOL, "X_i or Y_j");
    Matcher m = matched(name, place);
    int at = in.place();
    String type = in.require(Kind.SYMBOL, "Real");
    if (!type.equals("Real")) {
      throw in.error(at, "expected the type Real, got '" + type + "'");
    }
    BitSet all = m.group(1).equals("X") ? inputs : outputs;
    int index = Integer.parseInt(m.group(2));
    if (all.get(index)) {
      throw in.error(place, "'" + name + "' is declared twice");
    }
    all.set(index);
  }

  private int count(BitSet declared, String name) {
    int n = declared.length();
    if (n == 0) {
      throw in.error("no " + name + "_0 is declared");
    }
    int missing = declared.nextClearBit(0);
    if (missing < n) {
      throw in.error("%s_%d is declared, but %s_%d is not".formatted(name, n - 1, name, missing));
    }
    return n;
  }
}
