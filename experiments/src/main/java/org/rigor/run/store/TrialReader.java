// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.rigor.diff.Kind;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;
import org.rigor.run.yaml.Names;

/**
 * A one-pass reader for the file of a trial; it builds no tree, because a study may have ten
 * thousand trials. Numbers that the file states twice, such as the clean accuracy and the samples
 * it counts, must agree.
 */
final class TrialReader {
  private static final Map<String, Outcome> OUTCOMES = byName(Outcome.values());
  private static final Map<String, Kind> KINDS = byName(Kind.values());
  private static final Map<String, Curve.Side> SIDES = byName(Curve.Side.values());

  private final StrictJson in;

  private String id;
  private Outcome outcome;
  private String message;
  private double seconds;
  private final Map<String, Scalar> scalars = new LinkedHashMap<>();
  private boolean[] correct;
  private final List<Curve> curves = new ArrayList<>();
  private List<Example> examples = new ArrayList<>();
  private final Map<String, History> histories = new LinkedHashMap<>();

  private TrialReader(byte[] bytes) {
    in = new StrictJson(bytes);
  }

  /**
   * Reads a result.
   *
   * @param file its name in messages
   * @throws DamagedException with file and key
   */
  static TrialResult read(String file, byte[] bytes) {
    return read(file, new TrialReader(bytes), true);
  }

  /**
   * Reads a result without its examples, most of its bytes and needed for few trials. They are read
   * when first asked for.
   *
   * @param again returns the bytes once more
   * @throws DamagedException with file and key
   */
  static TrialResult read(String file, byte[] bytes, Supplier<byte[]> again) {
    TrialReader r = new TrialReader(bytes);
    r.examples = new LaterList<>(() -> read(file, again.get()).examples());
    return read(file, r, false);
  }

  private static TrialResult read(String file, TrialReader r, boolean wantsExamples) {
    try {
      return r.result(wantsExamples);
    } catch (IllegalArgumentException e) {
      String path = r.in.path();
      String said = e.getMessage().lines().findFirst().orElse("");
      throw new DamagedException(file, path.isEmpty() ? said : "at " + path + ": " + said);
    }
  }

  /**
   * @param wantsExamples whether to read the examples, the last thing that is stored; else
   *     everything before them
   */
  private TrialResult result(boolean wantsExamples) {
    Set<String> missing =
        new HashSet<>(
            List.of(
                "id", "outcome", "message", "seconds", "scalars", "correct", "curves", "examples"));
    boolean described = false;
    in.beginObject();
    while (in.hasNext()) {
      String key = in.nextName();
      missing.remove(key);
      if (key.equals("examples") && !wantsExamples && described && missing.isEmpty()) {
        return made();
      }
      switch (key) {
        case "id" -> id = in.nextString();
        case "outcome" -> outcome = constant(OUTCOMES);
        case "message" -> message = in.nextString();
        case "seconds" -> seconds = in.nextDouble();
        case "scalars" -> scalars();
        case "correct" -> correct();
        case "curves" -> list(() -> curves.add(curve()));
        case "examples" -> examples(wantsExamples);
        case "histories" -> histories();
        default -> {
          described |= key.equals("config");
          in.skip();
        }
      }
    }
    in.endObject();
    in.end();
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(missing.iterator().next() + " is missing");
    }
    return made();
  }

  private void examples(boolean wanted) {
    if (wanted) {
      list(() -> examples.add(example()));
    } else {
      in.skip();
    }
  }

  private TrialResult made() {
    TrialResult r =
        new TrialResult(
            id, outcome, message, seconds, scalars, correct, curves, examples, histories);
    agrees(r);
    return r;
  }

  /** Checks that the clean accuracy is the mean over the samples stored with it. */
  private static void agrees(TrialResult r) {
    Scalar stated = r.scalars().get(Scalar.CLEAN_ACCURACY);
    int n = r.correct().length;
    if (stated == null || n == 0) {
      return;
    }
    int right = 0;
    for (boolean c : r.correct()) {
      right += c ? 1 : 0;
    }
    // The tolerance allows the rounding of a float, not one sample.
    if (Math.abs(stated.value() * n - right) > 1e-4 * n) {
      throw new IllegalArgumentException(
          "%s is %s, but %d of %d samples are correct"
              .formatted(Scalar.CLEAN_ACCURACY, stated.value(), right, n));
    }
  }

  private void scalars() {
    in.beginObject();
    while (in.hasNext()) {
      String name = in.nextName();
      Double[] value = {null};
      boolean[] undecided = {false};
      Kind[] kind = {null};
      String[] method = {null};
      object(
          key -> {
            switch (key) {
              case "value" -> {
                undecided[0] = in.skipNull();
                if (!undecided[0]) {
                  value[0] = in.nextNumber();
                }
              }
              case "kind" -> kind[0] = constant(KINDS);
              case "method" -> method[0] = in.nextString();
              default -> in.skip();
            }
          });
      present(kind[0], "kind");
      present(method[0], "method");
      scalars.put(
          name,
          undecided[0]
              ? Scalar.undecided(kind[0], method[0])
              : new Scalar(present(value[0], "value"), kind[0], method[0]));
    }
    in.endObject();
  }

  private void correct() {
    int[] values = integers();
    correct = new boolean[values.length];
    for (int i = 0; i < values.length; i++) {
      if (values[i] != 0 && values[i] != 1) {
        throw new IllegalArgumentException("a sample is correct, 1, or not, 0, got " + values[i]);
      }
      correct[i] = values[i] == 1;
    }
  }

  private Curve curve() {
    Curve.Side[] side = {null};
    String[] method = {null};
    Kind[] kind = {null};
    double[][] epsilons = {null};
    double[][] accuracy = {null};
    int[][] survived = {null};
    object(
        key -> {
          switch (key) {
            case "side" -> side[0] = constant(SIDES);
            case "method" -> method[0] = in.nextString();
            case "kind" -> kind[0] = constant(KINDS);
            case "epsilons" -> epsilons[0] = numbers();
            case "accuracy" -> accuracy[0] = numbers();
            case "survived" -> survived[0] = integers();
            default -> in.skip();
          }
        });
    Curve c =
        new Curve(
            present(side[0], "side"),
            present(method[0], "method"),
            present(kind[0], "kind"),
            present(epsilons[0], "epsilons"),
            present(survived[0], "survived"));
    double[] counted = new double[c.epsilons().length];
    Arrays.setAll(counted, c::accuracy);
    if (!Arrays.equals(present(accuracy[0], "accuracy"), counted)) {
      throw new IllegalArgumentException(
          "accuracy is %s, but the samples that survive make %s"
              .formatted(Arrays.toString(accuracy[0]), Arrays.toString(counted)));
    }
    return c;
  }

  private Example example() {
    Map<String, Double> numbers = new LinkedHashMap<>();
    float[][] pixels = new float[2][];
    object(
        key -> {
          switch (key) {
            case "clean" -> pixels[0] = floats();
            case "adversarial" -> pixels[1] = floats();
            default -> numbers.put(key, in.nextDouble());
          }
        });
    return new Example(
        whole(numbers, "index"),
        whole(numbers, "label"),
        whole(numbers, "predicted"),
        present(numbers.get("epsilon"), "epsilon"),
        whole(numbers, "height"),
        whole(numbers, "width"),
        whole(numbers, "channels"),
        present(pixels[0], "clean"),
        present(pixels[1], "adversarial"));
  }

  private static int whole(Map<String, Double> numbers, String key) {
    double v = present(numbers.get(key), key);
    if (v != Math.rint(v) || Math.abs(v) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(key + " must be a whole number, got " + v);
    }
    return (int) v;
  }

  private void histories() {
    in.beginObject();
    while (in.hasNext()) {
      String name = in.nextName();
      int[][] epochs = {null};
      double[][] values = {null};
      object(
          key -> {
            switch (key) {
              case "epochs" -> epochs[0] = integers();
              case "values" -> values[0] = numbers();
              default -> in.skip();
            }
          });
      histories.put(name, new History(present(epochs[0], "epochs"), present(values[0], "values")));
    }
    in.endObject();
  }

  /** Reads the value of a key. */
  private interface Value {
    void read(String key);
  }

  /** Reads an item of a list. */
  private interface Item {
    void read();
  }

  private void object(Value value) {
    in.beginObject();
    while (in.hasNext()) {
      value.read(in.nextName());
    }
    in.endObject();
  }

  private void list(Item item) {
    in.beginArray();
    while (in.hasNext()) {
      item.read();
    }
    in.endArray();
  }

  private int[] integers() {
    int[] out = new int[16];
    int n = 0;
    in.beginArray();
    while (in.hasNext()) {
      out = n == out.length ? Arrays.copyOf(out, 2 * n) : out;
      out[n++] = in.nextInt();
    }
    in.endArray();
    return Arrays.copyOf(out, n);
  }

  private double[] numbers() {
    double[] out = new double[8];
    int n = 0;
    in.beginArray();
    while (in.hasNext()) {
      out = n == out.length ? Arrays.copyOf(out, 2 * n) : out;
      out[n++] = in.nextNumber();
    }
    in.endArray();
    return Arrays.copyOf(out, n);
  }

  private float[] floats() {
    float[] out = new float[64];
    int n = 0;
    in.beginArray();
    while (in.hasNext()) {
      out = n == out.length ? Arrays.copyOf(out, 2 * n) : out;
      out[n++] = in.nextFloat();
    }
    in.endArray();
    return Arrays.copyOf(out, n);
  }

  private <E> E constant(Map<String, E> byName) {
    String text = in.nextString();
    E constant = byName.get(text);
    if (constant == null) {
      throw new IllegalArgumentException(
          "expected one of %s, got '%s'".formatted(byName.keySet(), text));
    }
    return constant;
  }

  private static <E extends Enum<E>> Map<String, E> byName(E[] all) {
    Map<String, E> out = new LinkedHashMap<>();
    for (E e : all) {
      out.put(Names.kebab(e.name()), e);
    }
    return out;
  }

  private static <T> T present(T value, String key) {
    if (value == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
    return value;
  }
}
