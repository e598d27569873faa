// SPDX-License-Identifier: Apache-2.0
package org.rigor.check;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.rigor.io.DataException;

/**
 * What an ONNX file says: nodes in order, constants, one input and one output.
 *
 * @param input its name
 * @param shape of the input; a dimension that is not given, or 0, is 1
 * @param output its name
 */
record Model(
    List<Node> nodes, Map<String, Array> constants, String input, int[] shape, String output) {
  private static final long LEAST_OPSET = 7;
  private static final long MOST_OPSET = 28;
  private static final int FLOAT = 1;
  private static final int INT32 = 6;
  private static final int INT64 = 7;
  private static final int DOUBLE = 11;
  private static final int RAW = 9;

  /** Fields of a tensor that may hold elements. */
  private static final Set<Integer> ELEMENTS = Set.of(4, 5, 6, 7, RAW, 10, 11);

  /** A constant; integers up to 2^53 and floats stand in doubles exactly. */
  record Array(int[] shape, double[] data) {
    int[] integers() {
      int[] all = new int[data.length];
      for (int i = 0; i < all.length; i++) {
        all[i] = Math.toIntExact((long) data[i]);
      }
      return all;
    }
  }

  /**
   * A node: what it reads, by name, what it makes, and its attributes.
   *
   * @param index position in the file, from 0
   */
  record Node(
      int index,
      String op,
      List<String> inputs,
      List<String> outputs,
      Map<String, Object> attributes,
      String name) {
    double real(String attribute, double otherwise) {
      return attributes.get(attribute) instanceof Float f ? f : otherwise;
    }

    int integer(String attribute, int otherwise) {
      return attributes.get(attribute) instanceof long[] v && v.length == 1
          ? Math.toIntExact(v[0])
          : otherwise;
    }

    int[] integers(String attribute, int... otherwise) {
      return attributes.get(attribute) instanceof long[] v
          ? Arrays.stream(v).mapToInt(Math::toIntExact).toArray()
          : otherwise;
    }

    @Override
    public String toString() {
      return "node " + index + " (" + op + (name.isEmpty() ? "" : " '" + name + "'") + ")";
    }
  }

  /**
   * Reads a file's bytes.
   *
   * @throws DataException if it is no ONNX model with one input and one output
   */
  static Model read(String file, byte[] bytes) {
    try {
      return model(file, bytes);
    } catch (ArithmeticException e) {
      throw new DataException(file + ": a size in it is beyond 2^31", e);
    }
  }

  private static Model model(String file, byte[] bytes) {
    Wire model = new Wire(file, bytes);
    Model found = null;
    long opset = 0;
    while (model.next()) {
      if (model.field() == 7) {
        found = graph(file, model.message());
      } else if (model.field() == 8) {
        opset = Math.max(opset, opset(model.message()));
      }
    }
    if (found == null) {
      throw new DataException(file + ": not an ONNX file: it has no graph");
    }
    // before, Add and its like broadcast by an attribute; what comes later is not known
    if (opset < LEAST_OPSET || opset > MOST_OPSET) {
      throw new DataException(
          "%s: operator set %d cannot be checked, those from %d to %d can"
              .formatted(file, opset, LEAST_OPSET, MOST_OPSET));
    }
    return found;
  }

  /** Returns the version of the standard operators, or 0 if it is about others. */
  private static long opset(Wire w) {
    String domain = "";
    long version = 0;
    while (w.next()) {
      if (w.field() == 1) {
        domain = w.text();
      } else if (w.field() == 2) {
        version = w.integer();
      }
    }
    return domain.isEmpty() || domain.equals("ai.onnx") ? version : 0;
  }

  private static Model graph(String file, Wire w) {
    List<Node> nodes = new ArrayList<>();
    Map<String, Array> constants = new LinkedHashMap<>();
    Map<String, int[]> inputs = new LinkedHashMap<>();
    List<String> outputs = new ArrayList<>();
    while (w.next()) {
      switch (w.field()) {
        case 1 -> nodes.add(node(file, nodes.size(), w.message()));
        case 5 -> array(file, w.message(), constants);
        case 11 -> declaration(w.message(), inputs);
        case 12 -> {
          Map<String, int[]> one = new LinkedHashMap<>();
          declaration(w.message(), one);
          outputs.addAll(one.keySet());
        }
        case 15 -> throw new DataException(file + ": sparse constants cannot be checked");
        default -> {}
      }
    }
    inputs.keySet().removeAll(constants.keySet());
    if (inputs.size() != 1 || outputs.size() != 1) {
      throw new DataException(
          "%s: needs one input and one output, got %s and %s"
              .formatted(file, inputs.keySet(), outputs));
    }
    Map.Entry<String, int[]> input = inputs.entrySet().iterator().next();
    return new Model(nodes, constants, input.getKey(), input.getValue(), outputs.get(0));
  }

  private static void declaration(Wire w, Map<String, int[]> into) {
    String name = "";
    int[] shape = {};
    while (w.next()) {
      if (w.field() == 1) {
        name = w.text();
      } else if (w.field() == 2) {
        Wire type = w.message();
        while (type.next()) {
          if (type.field() == 1) {
            shape = tensor(type.message());
          }
        }
      }
    }
    into.put(name, shape);
  }

  private static int[] tensor(Wire w) {
    List<Integer> dims = new ArrayList<>();
    while (w.next()) {
      if (w.field() == 2) {
        Wire shape = w.message();
        while (shape.next()) {
          if (shape.field() == 1) {
            dims.add(dimension(shape.message()));
          }
        }
      }
    }
    return dims.stream().mapToInt(d -> d).toArray();
  }

  private static int dimension(Wire w) {
    long n = 1;
    while (w.next()) {
      if (w.field() == 1) {
        n = w.integer();
      }
    }
    return n <= 0 ? 1 : Math.toIntExact(n);
  }

  private static Node node(String file, int index, Wire w) {
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    Map<String, Object> attributes = new LinkedHashMap<>();
    String name = "";
    String op = "";
    String domain = "";
    while (w.next()) {
      switch (w.field()) {
        case 1 -> inputs.add(w.text());
        case 2 -> outputs.add(w.text());
        case 3 -> name = w.text();
        case 4 -> op = w.text();
        case 5 -> attribute(file, w.message(), attributes);
        case 7 -> domain = w.text();
        default -> {}
      }
    }
    boolean standard = domain.isEmpty() || domain.equals("ai.onnx");
    return new Node(index, standard ? op : domain + "." + op, inputs, outputs, attributes, name);
  }

  private static void attribute(String file, Wire w, Map<String, Object> into) {
    String name = "";
    Object value = "";
    while (w.next()) {
      switch (w.field()) {
        case 1 -> name = w.text();
        case 2 -> value = w.real();
        case 3 -> value = new long[] {w.integer()};
        case 4 -> value = w.text();
        case 5 -> value = array(file, w.message(), new LinkedHashMap<>());
        case 8 -> {
          long[] before = value instanceof long[] v ? v : new long[0];
          value = LongStream.concat(Arrays.stream(before), Arrays.stream(w.integers())).toArray();
        }
        default -> {}
      }
    }
    into.put(name, value);
  }

  private static Array array(String file, Wire w, Map<String, Array> into) {
    long[] dims = {};
    int type = 0;
    String name = "";
    List<Double> given = new ArrayList<>();
    Set<Integer> places = new TreeSet<>(); // fields that hold elements
    ByteBuffer raw = null;
    while (w.next()) {
      if (ELEMENTS.contains(w.field())) {
        places.add(w.field());
      }
      switch (w.field()) {
        case 1 ->
            dims = LongStream.concat(Arrays.stream(dims), Arrays.stream(w.integers())).toArray();
        case 2 -> type = (int) w.integer();
        case 4 -> {
          for (ByteBuffer b = w.bytes(); b.remaining() >= 4; ) {
            given.add((double) b.getFloat());
          }
        }
        case 5, 7 -> Arrays.stream(w.integers()).forEach(v -> given.add((double) v));
        case 8 -> name = w.text();
        case 9 -> raw = w.bytes();
        case 10 -> {
          for (ByteBuffer b = w.bytes(); b.remaining() >= 8; ) {
            given.add(b.getDouble());
          }
        }
        case 13 -> throw new DataException(file + ": " + name + " lies in another file");
        default -> {}
      }
    }
    int[] shape = Arrays.stream(dims).mapToInt(Math::toIntExact).toArray();
    int n = Graph.size(shape);
    double[] data = new double[n];
    int width = width(file, name, type);
    if (!places.isEmpty() && !places.equals(Set.of(raw == null ? place(type) : RAW))) {
      throw new DataException(
          "%s: the constant '%s' of element type %d has its elements in the fields %s"
              .formatted(file, name, type, places)); // such as halves, as bits of integers
    }
    if (raw == null) {
      require(given.size() == n, file, name);
      Arrays.setAll(data, given::get);
    } else {
      require(raw.remaining() == (long) n * width, file, name);
      for (int i = 0; i < n; i++) {
        data[i] = element(raw, type);
      }
    }
    for (double v : data) {
      if (!Double.isFinite(v)) {
        throw new DataException("%s: the constant '%s' holds %s".formatted(file, name, v));
      }
    }
    Array made = new Array(shape, data);
    if (into.put(name, made) != null) {
      throw new DataException(file + ": two constants have the name '" + name + "'");
    }
    return made;
  }

  private static int width(String file, String name, int type) {
    return switch (type) {
      case FLOAT, INT32 -> Float.BYTES;
      case INT64, DOUBLE -> Double.BYTES;
      default -> throw new DataException(file + ": " + name + " has the element type " + type);
    };
  }

  /** Returns the field for elements of a type. */
  private static int place(int type) {
    return switch (type) {
      case FLOAT -> 4;
      case INT32 -> 5;
      case INT64 -> 7;
      default -> 10;
    };
  }

  private static double element(ByteBuffer raw, int type) {
    return switch (type) {
      case FLOAT -> raw.getFloat();
      case INT32 -> raw.getInt();
      case INT64 -> raw.getLong();
      default -> raw.getDouble();
    };
  }

  private static void require(boolean holds, String file, String name) {
    if (!holds) {
      throw new DataException(file + ": the constant '" + name + "' is cut short");
    }
  }
}
