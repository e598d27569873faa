// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.rigor.io.DataException;
import org.rigor.io.Sha256;

/**
 * What a proof file says, unbelieved. {@code docs/proof.md} gives the format.
 *
 * @param model digest of the ONNX file
 * @param question digest of the property, or of the data
 * @param regions by {@link Region#key}; of one region several things may be known apart
 * @param points inputs that violate the question, by number
 */
record Proof(
    String model, String question, Map<String, List<Known>> regions, Map<Integer, float[]> points) {
  static final String MAGIC = "RIGOR-PROOF 1\n";
  private static final int DIGEST = 32;

  /**
   * What is said of a region.
   *
   * @param tightenings in the order in which they may use each other
   * @param refuted clauses, each by leaves of some of its rows, by {@link Row#key}
   * @param halving where the region is cut, for what is not refuted in it as a whole
   */
  record Known(
      List<Tightening> tightenings,
      List<Map<String, List<Leaf>>> refuted,
      Optional<Halving> halving) {
    /** Nothing. */
    static final Known NOTHING = new Known(List.of(), List.of(), Optional.empty());
  }

  /** A cut of a region into the parts with an input at most, and at least, a number. */
  record Halving(int input, double at) {}

  /**
   * A side of an element of what a bend reads.
   *
   * @param scope cell in which it holds
   * @param leaves their cells cover that cell
   */
  record Tightening(Set<Literal> scope, int bend, int unit, boolean lower, List<Leaf> leaves) {}

  /**
   * Reads a file's bytes.
   *
   * @throws DataException if they are no proof, or not all of one
   */
  static Proof read(String file, byte[] bytes, Graph graph) {
    byte[] magic = MAGIC.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length < magic.length
        || !Arrays.equals(bytes, 0, magic.length, magic, 0, magic.length)) {
      throw new DataException(file + ": not a proof: it does not begin with " + MAGIC.strip());
    }
    int end = bytes.length - DIGEST;
    if (end < magic.length
        || !Sha256.of(Arrays.copyOf(bytes, end))
            .equals(hex(Arrays.copyOfRange(bytes, end, bytes.length)))) {
      throw new DataException(file + ": damaged or cut short: its digest does not fit its content");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes, magic.length, end - magic.length);
    try {
      return new Reader(file, in.slice().order(ByteOrder.LITTLE_ENDIAN), graph).proof();
    } catch (BufferUnderflowException e) {
      throw new DataException(file + ": its content is cut short", e);
    }
  }

  private static String hex(byte... bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private record Reader(String file, ByteBuffer in, Graph graph) {
    Proof proof() {
      String model = digest();
      String question = digest();
      Map<String, List<Known>> regions = new LinkedHashMap<>();
      for (int n = count(); n > 0; n--) {
        regions.computeIfAbsent(digest(), k -> new ArrayList<>()).add(known());
      }
      Map<Integer, float[]> points = new LinkedHashMap<>();
      for (int n = count(); n > 0; n--) {
        int number = in.getInt();
        float[] x = new float[count()];
        for (int i = 0; i < x.length; i++) {
          x[i] = in.getFloat();
        }
        points.put(number, x);
      }
      require(!in.hasRemaining(), "it goes on after its end");
      return new Proof(model, question, regions, points);
    }

    private Known known() {
      int[][] places = new int[graph.bends().size()][0];
      for (int n = count(); n > 0; n--) {
        int bend = bend();
        places[bend] = new int[graph.bend(bend).size()];
        Arrays.fill(places[bend], -1);
        int units = count();
        for (int i = 0; i < units; i++) {
          places[bend][unit(bend)] = i;
        }
      }
      int[] free = new int[places.length];
      Arrays.setAll(free, k -> Arrays.stream(places[k]).max().orElse(-1) + 1);
      List<Tightening> tightenings = new ArrayList<>();
      for (int n = count(); n > 0; n--) {
        Set<Literal> scope = literals().keySet();
        int bend = bend();
        int unit = unit(bend);
        boolean lower = in.get() > 0;
        // without a scope only what comes before has sides yet
        int known = scope.isEmpty() ? bend + 1 : graph.bends().size();
        tightenings.add(new Tightening(scope, bend, unit, lower, leaves(places, free, known)));
      }
      List<Map<String, List<Leaf>>> refuted = new ArrayList<>();
      for (int n = count(); n > 0; n--) {
        Map<String, List<Leaf>> rows = new LinkedHashMap<>();
        for (int r = count(); r > 0; r--) {
          rows.put(text(), leaves(places, free, graph.bends().size()));
        }
        refuted.add(rows);
      }
      return new Known(tightenings, refuted, halving());
    }

    private Optional<Halving> halving() {
      int input = in.getInt();
      double at = in.getDouble();
      require(
          -1 <= input && input < graph.inputs(),
          "it cuts input %d of %d".formatted(input, graph.inputs()));
      require(Double.isFinite(at), "it cuts an input at " + at);
      return input < 0 ? Optional.empty() : Optional.of(new Halving(input, at));
    }

    private List<Leaf> leaves(int[][] places, int[] free, int bends) {
      List<Leaf> leaves = new ArrayList<>();
      for (int n = count(); n > 0; n--) {
        Map<Literal, Float> multipliers = literals();
        require(
            multipliers.keySet().stream().allMatch(l -> l.bend() < bends),
            "a cell restricts what comes later");
        float[][] slopes = new float[graph.bends().size()][0];
        for (int k = count(); k > 0; k--) {
          int bend = bend();
          slopes[bend] = new float[free[bend]];
          for (int i = 0; i < free[bend]; i++) {
            slopes[bend][i] = in.getFloat();
          }
        }
        leaves.add(new Leaf(multipliers, slopes, places));
      }
      return leaves;
    }

    private Map<Literal, Float> literals() {
      Map<Literal, Float> all = new LinkedHashMap<>();
      for (int n = count(); n > 0; n--) {
        int bend = bend();
        int unit = unit(bend);
        Literal l = new Literal(bend, unit, in.get() > 0);
        require(
            !all.containsKey(l) && !all.containsKey(l.opposite()), "a cell has " + l + " twice");
        all.put(l, in.getFloat());
      }
      return all;
    }

    private int count() {
      int n = in.getInt();
      require(n >= 0 && n <= in.remaining(), "a count is " + n);
      return n;
    }

    private int bend() {
      int node = in.getInt();
      for (int k = 0; k < graph.bends().size(); k++) {
        if (graph.bend(k).node() == node) {
          return k;
        }
      }
      throw error("it names node " + node + ", where the network does not bend");
    }

    private int unit(int bend) {
      int v = in.getInt();
      int size = graph.bend(bend).size();
      require(v >= 0 && v < size, "it names unit %d of %d".formatted(v, size));
      return v;
    }

    private void require(boolean holds, String why) {
      if (!holds) {
        throw error(why);
      }
    }

    private DataException error(String why) {
      return new DataException(file + ": not a proof: " + why);
    }

    private String digest() {
      byte[] d = new byte[DIGEST];
      in.get(d);
      return hex(d);
    }

    private String text() {
      byte[] t = new byte[count()];
      in.get(t);
      return new String(t, StandardCharsets.UTF_8);
    }
  }
}
