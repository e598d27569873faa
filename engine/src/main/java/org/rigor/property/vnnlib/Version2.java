// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.rigor.property.Affine;
import org.rigor.property.Formula;
import org.rigor.property.vnnlib.Lexer.Kind;

/**
 * VNN-LIB 2.0 (github.com/VNNLIB/VNNLIB-Standard, April 2026): one network with one input and one
 * output, linear conditions. Hidden nodes, several networks, inputs and outputs, and types of
 * floating point are refused by name. A comparison of two constants, untyped in the standard but
 * present in its tests, is decided.
 */
final class Version2 extends Grammar {
  private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]*");

  private final Set<String> names = new HashSet<>();
  private Query.Tensor input;
  private Query.Tensor output;

  Version2(Lexer in) {
    super(in, NUMBER, "VNN-LIB 2.0 writes digits, such as -0.5, without an exponent");
  }

  @Override
  boolean lenient() {
    return false;
  }

  /** Reads what follows the opening parenthesis of the version. */
  Query read(String source) {
    in.require(Kind.SYMBOL, "vnnlib-version");
    int place = in.place();
    String version = in.require(Kind.SYMBOL, "a version such as <2.0>");
    if (!version.equals("<2.0>") && !version.equals("<2.1>")) {
      throw in.error(place, "version " + version + " is not supported; known are <2.0> and <2.1>");
    }
    in.require(Kind.CLOSE, "");
    in.require(Kind.OPEN, "(declare-network ...)");
    keyword("declare-network");
    String network = network();
    List<Formula> asserts = new ArrayList<>();
    while (in.kind() != Kind.END) {
      in.require(Kind.OPEN, "(assert ...)");
      if (in.word().equals("declare-network")) {
        throw in.error("only one network is supported (theory SNET), this is another");
      }
      keyword("assert");
      asserts.add(condition());
      in.require(Kind.CLOSE, "");
    }
    String number = version.substring(1, version.length() - 1);
    return new Query(source, number, network, input, output, asserts);
  }

  private void keyword(String word) {
    if (!in.word().equals(word)) {
      throw in.error("expected " + word + ", got " + in.shown());
    }
    in.take();
  }

  private String network() {
    String name = fresh("a name of the network");
    while (in.accept(Kind.OPEN)) {
      int place = in.place();
      String what = in.require(Kind.SYMBOL, "declare-input or declare-output");
      switch (what) {
        case "declare-input" -> {
          requireFirst(input == null && output == null, "input", place);
          input = tensor();
        }
        case "declare-output" -> {
          requireFirst(output == null, "output", place);
          output = tensor();
        }
        case "declare-hidden" ->
            throw in.error(place, "hidden nodes are not supported (theory NH alone)");
        case "equal-to", "isomorphic-to" ->
            throw in.error(place, what + " needs another network; only one is supported");
        default -> throw in.error(place, "'" + what + "' is not a declaration of a network");
      }
      in.require(Kind.CLOSE, "");
    }
    if (input == null || output == null) {
      throw in.error("the network has no declared " + (input == null ? "input" : "output"));
    }
    in.require(Kind.CLOSE, "");
    return name;
  }

  private void requireFirst(boolean first, String what, int place) {
    if (!first) {
      throw in.error(
          place,
          "only one input, and then one output, is supported (theory SIO), this is another "
              + what);
    }
  }

  private Query.Tensor tensor() {
    String name = fresh("a name of the tensor");
    int place = in.place();
    String type = in.require(Kind.SYMBOL, "a type");
    if (!type.equalsIgnoreCase("real")) {
      throw in.error(
          place,
          "the type "
              + type
              + " is not supported: verdicts are about arithmetic of real numbers; write real to"
              + " ask for that");
    }
    in.require(Kind.LEFT, "");
    List<Integer> dims = in.kind() == Kind.RIGHT ? List.of() : naturals();
    if (dims.contains(0)) {
      throw in.error(place, name + " has an extent of 0");
    }
    in.require(Kind.RIGHT, "");
    if (in.kind() == Kind.SYMBOL && in.word().equals("initialized")) {
      throw in.error("initialized inputs are not supported");
    }
    try {
      return new Query.Tensor(name, type, dims);
    } catch (ArithmeticException e) {
      throw in.error(place, name + " has more elements than an array");
    }
  }

  private String fresh(String what) {
    int place = in.place();
    String name = in.require(Kind.SYMBOL, what);
    if (!NAME.matcher(name).matches()) {
      throw in.error(place, "expected " + what + ", got '" + name + "'");
    }
    if (!names.add(name)) {
      throw in.error(place, "'" + name + "' is declared twice");
    }
    return name;
  }

  private List<Integer> naturals() {
    List<Integer> all = new ArrayList<>();
    do {
      int place = in.place();
      all.add(natural(in.require(Kind.SYMBOL, "an index"), place, "an index"));
    } while (in.accept(Kind.COMMA));
    return all;
  }

  @Override
  Affine variable(String name, int place) {
    boolean isInput = name.equals(input.name());
    if (!isInput && !name.equals(output.name())) {
      throw in.error(place, "'" + name + "' is not declared");
    }
    Query.Tensor t = isInput ? input : output;
    List<Integer> indices = List.of();
    if (in.accept(Kind.LEFT)) {
      indices = naturals();
      in.require(Kind.RIGHT, "");
    }
    if (indices.size() != t.dims().size()) {
      throw in.error(
          place,
          "%s has %d indices, %s %s needs %d"
              .formatted(name, indices.size(), name, t.dims(), t.dims().size()));
    }
    int at = 0;
    for (int d = 0; d < indices.size(); d++) {
      if (indices.get(d) >= t.dims().get(d)) {
        throw in.error(place, "%s%s is outside %s".formatted(name, indices, t.dims()));
      }
      at = at * t.dims().get(d) + indices.get(d);
    }
    return isInput ? Affine.input(at) : Affine.output(at);
  }
}
