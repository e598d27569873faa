// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;
import org.rigor.io.WholeFile;

/**
 * Decides whether a proof proves what was asked of a network. The network and the question are read
 * from their own files; of the proof only numbers are used that any prover may choose.
 */
public final class Checker {
  private final Path modelFile;
  private final byte[] model;
  private final Graph graph;

  /**
   * Reads a network.
   *
   * @throws DataException if it is no ONNX file, or has an operator that the checker does not know
   */
  public Checker(Path modelFile) {
    this.modelFile = modelFile;
    this.model = WholeFile.read(modelFile);
    this.graph = Graph.of(modelFile.toString(), Model.read(modelFile.toString(), model));
  }

  /**
   * What became of one item of a question.
   *
   * @param name the property's file, or the sample
   * @param verdict {@code verified} or {@code violated} if that was proved, else {@code unproved}
   * @param why the least bound, the output that violates, or what is missing
   */
  public record Result(int number, String name, String verdict, String why) {
    /** Returns whether the proof decides the item. */
    public boolean accepted() {
      return !verdict.equals("unproved");
    }
  }

  /** Returns the ONNX operators that networks may have. */
  public static Set<String> operators() {
    return Operators.names();
  }

  /** Checks a proof of a property in VNN-LIB. */
  public List<Result> property(Path proof, Path property) {
    return check(proof, question(property));
  }

  /**
   * Requires that a property can be read, before it is worth a proof.
   *
   * @throws DataException if it is not VNN-LIB 1, or has what the checker does not know
   */
  public void requireReadable(Path property) {
    question(property);
  }

  /**
   * Requires that samples can be read, before they are worth a proof.
   *
   * @param box least and greatest valid input, or empty for all numbers
   * @return their number
   * @throws DataException if they are not samples of the network in an NPZ file
   */
  public int requireReadable(Path data, BigDecimal epsilon, List<BigDecimal> box) {
    BigDecimal[] ends = box.isEmpty() ? null : box.toArray(BigDecimal[]::new);
    return Samples.read(data, false, epsilon, ends, graph.inputs(), graph.outputs()).items().size();
  }

  private Question question(Path property) {
    byte[] text = WholeFile.read(property);
    return Vnnlib.read(property.toString(), text, graph.inputs(), graph.outputs());
  }

  /**
   * Checks a proof of samples' labels within balls.
   *
   * @param data NPZ with x and y
   * @param box least and greatest valid input, or null for all numbers
   */
  public List<Result> data(
      Path proof, Path data, boolean euclidean, BigDecimal epsilon, BigDecimal... box) {
    return check(
        proof, Samples.read(data, euclidean, epsilon, box, graph.inputs(), graph.outputs()));
  }

  private List<Result> check(Path file, Question question) {
    Proof proof = Proof.read(file.toString(), WholeFile.read(file), graph);
    if (!proof.model().equals(Sha256.of(model))) {
      throw new DataException(file + ": a proof about another network than " + modelFile);
    }
    if (!proof.question().equals(question.digest())) {
      throw new DataException(file + ": a proof of another question than was asked");
    }
    return question.items().stream().map(item -> decide(item, proof)).toList();
  }

  private Result decide(Question.Item item, Proof proof) {
    try {
      float[] point = proof.points().get(item.number());
      return point == null ? verified(item, proof) : violated(item, point);
    } catch (Refusal e) {
      return new Result(item.number(), item.name(), "unproved", e.getMessage());
    }
  }

  private Result verified(Question.Item item, Proof proof) {
    double least = Double.POSITIVE_INFINITY;
    if (item.clauses().isEmpty()) {
      throw new Refusal("the property names no unsafe outputs: there is nothing to prove");
    }
    Map<String, List<Clause>> clauses = new LinkedHashMap<>();
    item.clauses().stream()
        .filter(c -> !c.region().isEmpty())
        .forEach(c -> clauses.computeIfAbsent(c.region().key(), k -> new ArrayList<>()).add(c));
    for (List<Clause> own : clauses.values()) {
      least = Math.min(least, refuted(new Part(own.get(0).region(), own, ""), proof));
    }
    String why =
        Double.isInfinite(least)
            ? "no input lies in the region of any clause"
            : "least bound %.3g".formatted(least);
    return new Result(item.number(), item.name(), "verified", why);
  }

  /**
   * Clauses of one region that are to be refuted on a part of it.
   *
   * @param where for messages; empty for the whole
   */
  private record Part(Region region, List<Clause> clauses, String where) {}

  /** Requires that the proof refutes clauses, on parts of their region if it cuts it. */
  private double refuted(Part whole, Proof proof) {
    double least = Double.POSITIVE_INFINITY;
    Deque<Part> left = new ArrayDeque<>(List.of(whole));
    while (!left.isEmpty()) {
      Part part = left.pop();
      List<Proof.Known> all = proof.regions().getOrDefault(part.region.key(), List.of());
      Optional<Proof.Halving> halving =
          all.stream().flatMap(known -> known.halving().stream()).findFirst();
      Map<Proof.Known, Bounds> sides = new IdentityHashMap<>();
      List<Clause> open = new ArrayList<>();
      for (Clause c : part.clauses) {
        try {
          least = Math.min(least, refuted(c, part, all, sides));
        } catch (Refusal e) {
          if (halving.isEmpty()) {
            throw e;
          }
          open.add(c);
        }
      }
      if (!open.isEmpty()) {
        halves(part, open, halving.orElseThrow()).forEach(left::push);
      }
    }
    return least;
  }

  private static List<Part> halves(Part part, List<Clause> open, Proof.Halving h) {
    List<Region> halves = part.region.cut(h.input(), h.at());
    String where = " where input %d is at %s %s";
    return List.of(
        new Part(halves.get(0), open, where.formatted(h.input(), "most", h.at())),
        new Part(halves.get(1), open, where.formatted(h.input(), "least", h.at())));
  }

  /**
   * Requires that something in the proof refutes a clause: that the proof means another one with
   * the same rows, and smaller constants, is no fault.
   *
   * @param all what is said of the part's region
   */
  private double refuted(
      Clause c, Part part, List<Proof.Known> all, Map<Proof.Known, Bounds> sides) {
    for (Row r : c.rows()) {
      double bound = r.outputs().isEmpty() ? Bounds.onInputs(graph, part.region, r) : 0;
      if (bound > 0) {
        return bound; // a constraint on inputs that none meets needs no proof
      }
    }
    String text = c.text() + part.where;
    Refusal why =
        new Refusal(
            "%s: the proof says nothing of its %s"
                .formatted(text, all.isEmpty() ? "inputs" : "outputs"));
    for (Proof.Known known : all) {
      for (Map<String, List<Leaf>> given : known.refuted()) {
        Map<Row, List<Leaf>> leaves = new LinkedHashMap<>();
        c.rows().stream()
            .filter(r -> given.containsKey(r.key()))
            .forEach(r -> leaves.put(r, given.get(r.key())));
        if (leaves.size() == given.size() && !leaves.isEmpty()) {
          try {
            Bounds bounds =
                sides.computeIfAbsent(known, k -> new Bounds(graph, part.region, known));
            return bounds.require(leaves, text);
          } catch (Refusal e) {
            why = e;
          }
        }
      }
    }
    throw why;
  }

  /** Accepts a point that lies in a clause's region, with all its rows at most 0. */
  private Result violated(Question.Item item, float... point) {
    if (point.length != graph.inputs()) {
      throw new Refusal("its point has " + point.length + " numbers");
    }
    for (Clause c : item.clauses()) {
      Region at = c.region().at(point);
      if (c.region().contains(at)) {
        Bounds bounds = new Bounds(graph, at, Proof.Known.NOTHING);
        if (c.rows().stream().allMatch(r -> bounds.atMost(r) <= 0)) {
          return new Result(
              item.number(), item.name(), "violated", c.text() + " holds at its point");
        }
      }
    }
    throw new Refusal("its point violates no clause for certain");
  }
}
