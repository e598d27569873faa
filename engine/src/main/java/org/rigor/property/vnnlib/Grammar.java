// SPDX-License-Identifier: Apache-2.0
package org.rigor.property.vnnlib;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import org.rigor.property.Affine;
import org.rigor.property.Formula;
import org.rigor.property.Row;
import org.rigor.property.vnnlib.Lexer.Kind;

/** What conditions of both versions share: and, or, comparisons, sums and products. */
abstract class Grammar {
  /** Deepest nesting; the parser calls itself once a level. */
  private static final int DEEPEST = 500;

  private static final int LARGEST_EXPONENT = 5000;

  private static final Map<String, BinaryOperator<Affine>> SUMS =
      Map.of("+", Affine::plus, "-", Affine::minus);

  /** A comparison of two terms. */
  private interface Comparison {
    Formula of(Affine a, Affine b);
  }

  private static final Map<String, Comparison> COMPARISONS =
      Map.of(
          "<=", (a, b) -> Row.atMost(a, b, false),
          ">=", (a, b) -> Row.atMost(b, a, false),
          "<", (a, b) -> Row.atMost(a, b, true),
          ">", (a, b) -> Row.atMost(b, a, true),
          "==", Row::equal,
          "=", Row::equal,
          "!=", Row::different);

  final Lexer in;
  private final Pattern numbers;
  private final String form;
  private int depth;

  /**
   * @param numbers what a number looks like
   * @param form the same in words
   */
  Grammar(Lexer in, Pattern numbers, String form) {
    this.in = in;
    this.numbers = numbers;
    this.form = form;
  }

  /** Returns the element that a variable's name stands for; the name is taken, indices are not. */
  abstract Affine variable(String name, int place);

  /** Returns whether more parentheses than needed may surround conditions and terms. */
  abstract boolean lenient();

  /** Reads a condition. */
  Formula condition() {
    in.require(Kind.OPEN, "a condition");
    deeper();
    Formula f = inside();
    in.require(Kind.CLOSE, "");
    depth--;
    return f;
  }

  private Formula inside() {
    if (in.kind() == Kind.OPEN && lenient()) {
      return condition();
    }
    int place = in.place();
    String op = in.require(Kind.SYMBOL, "and, or or a comparison");
    if (op.equals("and") || op.equals("or")) {
      List<Formula> parts = new ArrayList<>();
      while (in.kind() != Kind.CLOSE) {
        parts.add(condition());
      }
      if (parts.isEmpty()) {
        throw in.error("'" + op + "' needs at least one condition");
      }
      return op.equals("and") ? new Formula.And(parts) : new Formula.Or(parts);
    }
    Comparison c = COMPARISONS.get(op);
    if (c == null) {
      throw in.error(
          place, "'" + op + "' is not supported; known are and, or, <=, >=, <, >, == and !=");
    }
    List<Affine> terms = operands();
    if (terms.size() != 2) {
      throw in.error(place, "'%s' compares two terms, got %d".formatted(op, terms.size()));
    }
    return c.of(terms.get(0), terms.get(1));
  }

  /** Reads the terms before a closing parenthesis; a list in parentheses counts as its terms. */
  private List<Affine> operands() {
    List<Affine> terms = new ArrayList<>();
    while (in.kind() != Kind.CLOSE) {
      terms.addAll(term());
    }
    return terms;
  }

  /** Reads a term; several if they stand in parentheses without an operator. */
  private List<Affine> term() {
    int place = in.place();
    if (in.accept(Kind.OPEN)) {
      deeper();
      List<Affine> terms =
          in.kind() == Kind.SYMBOL && isOperator(in.word())
              ? List.of(operation(in.take(), place))
              : group(place);
      in.require(Kind.CLOSE, "");
      depth--;
      return terms;
    }
    String word = in.require(Kind.SYMBOL, "a term");
    boolean number = "+-.0123456789".indexOf(word.charAt(0)) >= 0;
    return List.of(number ? Affine.of(number(word, place)) : variable(word, place));
  }

  private static boolean isOperator(String word) {
    return word.equals("*") || SUMS.containsKey(word);
  }

  private List<Affine> group(int place) {
    if (!lenient()) {
      throw in.error(place, "expected (+ ...), (- ...) or (* ...)");
    }
    return operands();
  }

  private Affine operation(String op, int place) {
    List<Affine> terms = operands();
    if (terms.isEmpty()) {
      throw in.error(place, "'" + op + "' needs at least one term");
    }
    Affine first = terms.get(0);
    if (op.equals("-") && terms.size() == 1) {
      return first.times(BigDecimal.ONE.negate());
    }
    BinaryOperator<Affine> step = SUMS.getOrDefault(op, (a, b) -> product(a, b, place));
    return terms.stream().reduce(step).orElse(first);
  }

  private Affine product(Affine a, Affine b, int place) {
    if (!a.isConstant() && !b.isConstant()) {
      throw in.error(
          place,
          "the product of (%s) and (%s) is not linear; only linear conditions are supported"
              .formatted(a, b));
    }
    return a.isConstant() ? b.times(a.constant()) : a.times(b.constant());
  }

  /** Returns the value of a number. */
  BigDecimal number(String word, int place) {
    if (!numbers.matcher(word).matches()) {
      throw in.error(place, "'" + word + "' is not a number; " + form);
    }
    int e = Math.max(word.indexOf('e'), word.indexOf('E'));
    if (e >= 0 && (word.length() - e > 6 || Math.abs(exponent(word, e)) > LARGEST_EXPONENT)) {
      throw in.error(place, "'" + word + "' has an exponent beyond " + LARGEST_EXPONENT);
    }
    return new BigDecimal(word);
  }

  private static int exponent(String word, int e) {
    return Integer.parseInt(word.substring(e + 1));
  }

  private void deeper() {
    if (++depth > DEEPEST) {
      throw in.error("parentheses are nested deeper than " + DEEPEST);
    }
  }

  /** Returns a natural number. */
  int natural(String word, int place, String what) {
    if (!word.matches("\\d{1,9}")) {
      throw in.error(place, "expected " + what + ", got '" + word + "'");
    }
    return Integer.parseInt(word);
  }
}
