// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;

/**
 * Reads a property in VNN-LIB 1: assertions of linear inequalities between X and Y, joined by and
 * and or. Every number stays a decimal.
 */
final class Vnnlib {
  private static final int MOST_CLAUSES = 1 << 20;

  private static final int MOST_DIGITS = 4096;
  private static final MathContext LOW = new MathContext(60, RoundingMode.FLOOR);
  private static final MathContext HIGH = new MathContext(60, RoundingMode.CEILING);

  private final String file;
  private final String text;
  private final int inputs;
  private final int outputs;
  private int at;

  private Vnnlib(String file, String text, int inputs, int outputs) {
    this.file = file;
    this.text = text;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  /**
   * Reads a file's bytes, for a network of these sizes.
   *
   * @throws DataException if there is something that the checker does not know
   */
  static Question read(String file, byte[] bytes, int inputs, int outputs) {
    Vnnlib v = new Vnnlib(file, new String(bytes, StandardCharsets.UTF_8), inputs, outputs);
    List<Clause> clauses = v.clauses();
    return new Question(Sha256.of(bytes), List.of(new Question.Item(0, file, clauses)));
  }

  /** A linear function; X before Y in one map: Y_j has the number inputs + j. */
  private record Linear(SortedMap<Integer, BigDecimal> terms, BigDecimal constant) {
    Linear plus(Linear o, BigDecimal by) {
      SortedMap<Integer, BigDecimal> sum = new TreeMap<>(terms);
      o.terms.forEach((i, a) -> sum.merge(i, a.multiply(by), BigDecimal::add));
      return new Linear(sum, constant.add(o.constant.multiply(by)));
    }
  }

  /** Returns the clauses as lists of functions that are at most 0 in them. */
  private List<Clause> clauses() {
    List<List<Linear>> all = List.of(List.of());
    int declaredX = 0;
    int declaredY = 0;
    while (more()) {
      expect('(');
      String head = word();
      switch (head) {
        case "declare-const" -> {
          String name = word();
          require(word().equals("Real"), "a type other than Real");
          if (name.startsWith("X_")) {
            declaredX++;
          } else {
            declaredY++;
          }
          variable(name);
        }
        case "assert" -> all = product(all, formula());
        default -> throw error("'" + head + "'");
      }
      expect(')');
    }
    require(
        declaredX == inputs && declaredY == outputs,
        "%d X and %d Y".formatted(declaredX, declaredY));
    List<Clause> clauses = new ArrayList<>();
    for (List<Linear> c : all) {
      clauses.add(clause(c, clauses.size() + 1));
    }
    return clauses;
  }

  private Clause clause(List<Linear> atoms, int number) {
    BigDecimal[] lower = new BigDecimal[inputs];
    BigDecimal[] upper = new BigDecimal[inputs];
    List<Row> rows = new ArrayList<>();
    for (Linear g : atoms) {
      SortedMap<Integer, BigDecimal> terms = new TreeMap<>(g.terms);
      terms.values().removeIf(a -> a.signum() == 0);
      boolean side = terms.size() == 1 && terms.firstKey() < inputs;
      if (side) {
        int i = terms.firstKey();
        BigDecimal a = terms.get(i);
        side = a.abs().compareTo(BigDecimal.ONE) == 0; // else the quotient may be rounded
        if (a.signum() > 0) {
          BigDecimal most = side ? g.constant.negate() : g.constant.negate().divide(a, HIGH);
          upper[i] = upper[i] == null ? most : upper[i].min(most);
        } else {
          BigDecimal least = side ? g.constant : g.constant.negate().divide(a, LOW);
          lower[i] = lower[i] == null ? least : lower[i].max(least);
        }
      }
      if (!side) {
        SortedMap<Integer, BigDecimal> y = new TreeMap<>();
        terms.tailMap(inputs).forEach((i, c) -> y.put(i - inputs, c));
        rows.add(new Row(y, terms.headMap(inputs), g.constant));
      }
    }
    for (int i = 0; i < inputs; i++) {
      require(lower[i] != null && upper[i] != null, "X_" + i + " without two sides");
    }
    return new Clause(Region.box(lower, upper), rows, "clause " + number);
  }

  private List<List<Linear>> product(List<List<Linear>> a, List<List<Linear>> b) {
    require((long) a.size() * b.size() <= MOST_CLAUSES, "more than " + MOST_CLAUSES + " clauses");
    List<List<Linear>> all = new ArrayList<>();
    for (List<Linear> x : a) {
      for (List<Linear> y : b) {
        List<Linear> both = new ArrayList<>(x);
        both.addAll(y);
        all.add(both);
      }
    }
    return all;
  }

  private List<List<Linear>> formula() {
    expect('(');
    if (peek() == '(') { // parentheses around a whole formula
      List<List<Linear>> inner = formula();
      expect(')');
      return inner;
    }
    String head = word();
    List<List<Linear>> all;
    switch (head) {
      case "and" -> {
        all = List.of(List.of());
        while (peek() != ')') {
          all = product(all, formula());
        }
      }
      case "or" -> {
        all = new ArrayList<>();
        while (peek() != ')') {
          all.addAll(formula());
        }
      }
      case "<=", ">=" -> {
        Linear[] sides = sides();
        int least = head.equals("<=") ? 0 : 1;
        all = List.of(List.of(sides[least].plus(sides[1 - least], BigDecimal.ONE.negate())));
      }
      default -> throw error("'" + head + "'");
    }
    expect(')');
    return all;
  }

  /** Returns the two sides of a comparison; parentheses may enclose both together. */
  private Linear[] sides() {
    int before = at;
    if (peek() == '(') {
      at++;
      if (!startsOperator()) {
        Linear first = term();
        if (peek() != ')') {
          Linear[] both = {first, term()};
          expect(')');
          return both;
        }
      }
      at = before;
    }
    return new Linear[] {term(), term()};
  }

  /** Returns whether +, - or * comes next, and not as the sign of a number. */
  private boolean startsOperator() {
    boolean sign = "+-*".indexOf(peek()) >= 0;
    return sign
        && at + 1 < text.length()
        && !Character.isLetterOrDigit(text.charAt(at + 1))
        && text.charAt(at + 1) != '.';
  }

  private Linear term() {
    if (peek() != '(') {
      String w = word();
      return Character.isLetter(w.charAt(0)) ? variable(w) : constant(w);
    }
    expect('(');
    if (!startsOperator()) { // parentheses around a term
      Linear inner = term();
      expect(')');
      return inner;
    }
    String head = word();
    Linear sum = term();
    int terms = 1;
    for (; peek() != ')'; terms++) {
      Linear next = term();
      sum =
          switch (head) {
            case "+" -> sum.plus(next, BigDecimal.ONE);
            case "-" -> sum.plus(next, BigDecimal.ONE.negate());
            case "*" -> times(sum, next);
            default -> throw error("'" + head + "'");
          };
    }
    expect(')');
    return head.equals("-") && terms == 1 ? zero().plus(sum, BigDecimal.ONE.negate()) : sum;
  }

  private Linear times(Linear a, Linear b) {
    boolean left = a.terms.isEmpty();
    require(left || b.terms.isEmpty(), "a product of variables");
    return left ? zero().plus(b, a.constant) : zero().plus(a, b.constant);
  }

  private static Linear zero() {
    return new Linear(new TreeMap<>(), BigDecimal.ZERO);
  }

  private Linear constant(String w) {
    try {
      BigDecimal v = new BigDecimal(w);
      require(Math.abs((long) v.scale()) <= MOST_DIGITS, "a number with so large an exponent");
      return new Linear(new TreeMap<>(), v);
    } catch (NumberFormatException e) {
      throw error("'" + w + "'");
    }
  }

  private Linear variable(String w) {
    int n = w.matches("[XY]_\\d{1,9}") ? Integer.parseInt(w.substring(2)) : -1;
    boolean x = w.startsWith("X");
    require(n >= 0 && n < (x ? inputs : outputs), "'" + w + "'");
    return new Linear(new TreeMap<>(Map.of(x ? n : inputs + n, BigDecimal.ONE)), BigDecimal.ZERO);
  }

  private boolean more() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == ';') {
        int line = text.indexOf('\n', at);
        at = line < 0 ? text.length() : line;
      } else if (Character.isWhitespace(c)) {
        at++;
      } else {
        return true;
      }
    }
    return false;
  }

  private char peek() {
    require(more(), "the end of the file");
    return text.charAt(at);
  }

  private void expect(char c) {
    require(peek() == c, "'" + text.charAt(at) + "'");
    at++;
  }

  private String word() {
    peek();
    int from = at;
    while (at < text.length()
        && "();".indexOf(text.charAt(at)) < 0
        && !Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    require(at > from, "'" + text.charAt(at) + "'");
    return text.substring(from, at);
  }

  private void require(boolean holds, String what) {
    if (!holds) {
      throw error(what);
    }
  }

  private DataException error(String what) {
    long line =
        text.substring(0, Math.min(at, text.length())).chars().filter(c -> c == '\n').count() + 1;
    return new DataException("%s: line %d: the checker cannot use %s".formatted(file, line, what));
  }
}
