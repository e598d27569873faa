// SPDX-License-Identifier: Apache-2.0
package org.rigor.run.store;

import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.rigor.diff.Kind;
import org.rigor.run.trial.Curve;
import org.rigor.run.trial.Example;
import org.rigor.run.trial.History;
import org.rigor.run.trial.Outcome;
import org.rigor.run.trial.Scalar;
import org.rigor.run.trial.TrialResult;

/**
 * A one-pass reader for the text of a trial; it builds no tree, because a study may have ten
 * thousand trials. Numbers that the file states twice, such as the clean accuracy and the samples
 * it counts, must agree.
 */
final class TrialReader {
  private final JsonReader in;

  private String id;
  private Outcome outcome;
  private String message;
  private double seconds;
  private final Map<String, Scalar> scalars = new LinkedHashMap<>();
  private boolean[] correct;
  private final List<Curve> curves = new ArrayList<>();
  private final List<Example> examples = new ArrayList<>();
  private final Map<String, History> histories = new LinkedHashMap<>();

  private TrialReader(String text) {
    in = new JsonReader(new StringReader(text));
    in.setStrictness(Strictness.STRICT);
    in.setNestingLimit(Fields.MOST_LEVELS);
  }

  /**
   * Reads a result.
   *
   * @param file its name in messages
   * @throws DamagedException with file and key
   */
  static TrialResult read(String file, String text) {
    TrialReader r = new TrialReader(text);
    try {
      return r.result();
    } catch (IOException
        | JsonParseException
        | IllegalStateException
        | IllegalArgumentException e) {
      // A constructor refuses what has already been read, so the previous path names it.
      boolean behind =
          e instanceof IllegalArgumentException && !(e instanceof NumberFormatException);
      String at = behind ? r.in.getPreviousPath() : r.in.getPath();
      throw new DamagedException(
          file, "at %s: %s".formatted(at.equals("$") ? "its beginning" : at.substring(2), said(e)));
    }
  }

  private static String said(Exception e) {
    return e.getMessage() == null
        ? e.getClass().getSimpleName()
        : e.getMessage().lines().findFirst().orElse("");
  }

  private TrialResult result() throws IOException {
    Set<String> missing =
        new HashSet<>(
            List.of(
                "id", "outcome", "message", "seconds", "scalars", "correct", "curves", "examples"));
    in.beginObject();
    while (in.hasNext()) {
      String key = in.nextName();
      missing.remove(key);
      switch (key) {
        case "id" -> id = in.nextString();
        case "outcome" -> outcome = constant(Outcome.values());
        case "message" -> message = in.nextString();
        case "seconds" -> seconds = in.nextDouble();
        case "scalars" -> scalars();
        case "correct" -> correct();
        case "curves" -> list(() -> curves.add(curve()));
        case "examples" -> list(() -> examples.add(example()));
        case "histories" -> histories();
        default -> in.skipValue(); // the description of the trial
      }
    }
    in.endObject();
    if (in.peek() != JsonToken.END_DOCUMENT) {
      throw new IllegalArgumentException("text follows the JSON");
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(missing.iterator().next() + " is missing");
    }
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

  private void scalars() throws IOException {
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
                undecided[0] = in.peek() == JsonToken.NULL;
                if (undecided[0]) {
                  in.nextNull();
                } else {
                  value[0] = number();
                }
              }
              case "kind" -> kind[0] = constant(Kind.values());
              case "method" -> method[0] = in.nextString();
              default -> in.skipValue();
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

  private void correct() throws IOException {
    int[] values = integers();
    correct = new boolean[values.length];
    for (int i = 0; i < values.length; i++) {
      if (values[i] != 0 && values[i] != 1) {
        throw new IllegalArgumentException("a sample is correct, 1, or not, 0, got " + values[i]);
      }
      correct[i] = values[i] == 1;
    }
  }

  private Curve curve() throws IOException {
    Curve.Side[] side = {null};
    String[] method = {null};
    Kind[] kind = {null};
    double[][] epsilons = {null};
    double[][] accuracy = {null};
    int[][] survived = {null};
    object(
        key -> {
          switch (key) {
            case "side" -> side[0] = constant(Curve.Side.values());
            case "method" -> method[0] = in.nextString();
            case "kind" -> kind[0] = constant(Kind.values());
            case "epsilons" -> epsilons[0] = numbers();
            case "accuracy" -> accuracy[0] = numbers();
            case "survived" -> survived[0] = integers();
            default -> in.skipValue();
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

  private Example example() throws IOException {
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

  private void histories() throws IOException {
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
              default -> in.skipValue();
            }
          });
      histories.put(name, new History(present(epochs[0], "epochs"), present(values[0], "values")));
    }
    in.endObject();
  }

  /** Reads the value of a key. */
  private interface Value {
    void read(String key) throws IOException;
  }

  /** Reads an item of a list. */
  private interface Item {
    void read() throws IOException;
  }

  private void object(Value value) throws IOException {
    in.beginObject();
    while (in.hasNext()) {
      value.read(in.nextName());
    }
    in.endObject();
  }

  private void list(Item item) throws IOException {
    in.beginArray();
    while (in.hasNext()) {
      item.read();
    }
    in.endArray();
  }

  private int[] integers() throws IOException {
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

  private double[] numbers() throws IOException {
    double[] out = new double[8];
    int n = 0;
    in.beginArray();
    while (in.hasNext()) {
      out = n == out.length ? Arrays.copyOf(out, 2 * n) : out;
      out[n++] = number();
    }
    in.endArray();
    return Arrays.copyOf(out, n);
  }

  private float[] floats() throws IOException {
    float[] out = new float[64];
    int n = 0;
    in.beginArray();
    while (in.hasNext()) {
      out = n == out.length ? Arrays.copyOf(out, 2 * n) : out;
      out[n++] = Float.parseFloat(in.nextString());
    }
    in.endArray();
    return Arrays.copyOf(out, n);
  }

  /** Reads a number, or an infinity written as text because JSON has none. */
  private double number() throws IOException {
    String text = in.nextString();
    return switch (text) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private <E extends Enum<E>> E constant(E[] all) throws IOException {
    String text = in.nextString();
    for (E e : all) {
      if (e.name().toLowerCase(Locale.ROOT).replace('_', '-').equals(text)) {
        return e;
      }
    }
    throw new IllegalArgumentException(
        "expected one of %s, got '%s'".formatted(List.of(all), text));
  }

  private static <T> T present(T value, String key) {
    if (value == null) {
      throw new IllegalArgumentException(key + " is missing");
    }
    return value;
  }
}
